/** `GET /agents/{address}/turns`: turns as server-sent events, as they become durable. */
import * as agentsAbout from "./abouts/agents.ts";
import { parseAddress } from "../address.ts";
import type { Clock } from "../clock.ts";
import type { Control } from "../supervisor/control.ts";
import type { TurnView } from "../supervisor/turn-views.ts";
import { answerStream } from "./answer.ts";
import type { Route } from "./route.ts";
import { beatMs } from "./streams.ts";

/** Bytes that one follower may be behind; what comes then is not sent, and counted. */
const mostBehind = 16 * 1024 * 1024;

/** The route; `/` follows every agent. */
export function turnRoute({ control, clock }: { control: Control; clock: Clock }): Route {
  return {
    method: "GET",
    path: "/agents/:address/turns",
    about: agentsAbout.turns,
    role: "viewer",
    forAgents: "address",
    async handle(c) {
      const given = c.req.param("address") ?? "";
      const address = given === "/" ? given : parseAddress(given);
      // Who follows nothing is told so.
      if (address !== "/") await control.agent(address);
      return answerStream(streamOf(control, clock, address));
    },
  };
}

function streamOf(control: Control, clock: Clock, address: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let unfollow = () => {};
  let stopBeat = () => {};
  let lost = 0;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const say = (text: string) => controller.enqueue(encoder.encode(text));
      const beat = () => {
        say(":\n\n");
        stopBeat = clock.after(beatMs, beat);
      };
      beat();
      unfollow = control.followTurns(address, {
        turn(view: TurnView) {
          if ((controller.desiredSize ?? 0) <= 0) return void (lost += 1);
          if (lost > 0) say(`event: lost\ndata: ${lost}\n\n`);
          lost = 0;
          say(`event: turn\ndata: ${JSON.stringify(view)}\n\n`);
        },
        end() {
          stopBeat();
          controller.close();
        },
      });
    },
    cancel() {
      unfollow();
      stopBeat();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: mostBehind }));
}
