/**
 * Ten incidents: how each is made, how it is seen, and the keys that resolve it once its agent is
 * chosen. The agents are those of tests/fixtures/swarm-incidents.
 */
import process from "node:process";
import { eventually } from "../support/eventually.ts";
import type { Service } from "../support/service.ts";

export interface Incident {
  name: string;
  /** Chosen before the keys are pressed; `/` for what concerns everything. */
  address: string;
  /** Makes it happen. */
  provoke(service: Service): Promise<unknown>;
  /** On the screen, while the agent is chosen. */
  seen: RegExp;
  /** At most five. */
  keys: readonly string[];
  /** On the screen after each key, so that no key comes before what it is for. */
  after?: readonly (RegExp | null)[];
  /** Throws or is false until it is resolved. */
  isSolved(service: Service): Promise<boolean>;
}

const status = async ({ client }: Service, address: string) => (await client.agent(address)).status;

const add = (to: string, n = 1) => ({ to, type: "work.add", payload: { n } });

async function spawn({ client }: Service, ...agents: [address: string, kind: string][]) {
  for (const [address, kind] of agents) await client.spawn({ address, kind });
}

const letters = async ({ client }: Service, to: string) =>
  (await client.deadLetters({ to, limit: 100 })).items.length;

const until = (what: string, look: () => Promise<boolean>) => eventually(look, { what });

export const incidents: Incident[] = [
  {
    name: "crash loop",
    address: "/crew/looper",
    async provoke(service) {
      await spawn(service, ["/crew/looper", "moody"]);
      await service.client.send({ to: "/crew/looper", type: "mood.loop" });
    },
    seen: /crash loop: \d+ bad ends within a minute/,
    keys: ["r", "f", "y"],
    after: [/restart: r from its state/, /y yes/, null],
    async isSolved({ client }) {
      const { status, state } = await client.agent("/crew/looper");
      return status === "running" && state?.value === "calm";
    },
  },
  {
    name: "poison",
    address: "/crew/eater",
    async provoke(service) {
      await spawn(service, ["/crew/eater", "moody"]);
      await service.client.send({ to: "/crew/eater", type: "work.throw" });
      await until("the dead letter", async () => await letters(service, "/crew/eater") === 1);
    },
    seen: /dead letters: 1 dead letter; crashed 3×/,
    keys: ["d", "X"],
    after: [/poison work\.throw/, null],
    isSolved: async (service) => await letters(service, "/crew/eater") === 0,
  },
  {
    name: "parked",
    address: "/crew/bad",
    async provoke(service) {
      await spawn(service, ["/crew/bad", "moody"]);
      await service.client.send({ to: "/crew/bad", type: "mood.break" });
      for (let n = 0; n < 3; n++) await service.client.send(add("/crew/bad", n));
      await until("it to park", async () => await status(service, "/crew/bad") === "parked");
    },
    seen: /parked.*bad_state/,
    keys: ["r", "f", "y"],
    after: [/restart: r from its state/, /y yes/, null],
    async isSolved({ client }) {
      const { status, mailboxDepth } = await client.agent("/crew/bad");
      return status === "running" && mailboxDepth === 0;
    },
  },
  {
    name: "blocked cycle",
    address: "/flood/ping",
    async provoke(service) {
      await spawn(service, ["/flood/ping", "pump"], ["/flood/pong", "pump"]);
      const ball = { to: "/flood/pong", from: "/flood/ping" };
      await service.client.send({ to: "/flood/ping", type: "ball", payload: ball });
      await until("a block", async () => {
        const { items } = await service.client.agents({ under: "/flood" });
        return items.some(({ status }) => status === "blocked");
      });
    },
    // The cycle is broken again and again, so that its agents are blocked or have dead letters.
    seen: /^(blocked: .*has a full mailbox|flood: \d+ in its mailbox|dead letters: \d+ dead)/m,
    keys: ["s"],
    isSolved: async (service) => await status(service, "/flood/ping") === "stopped",
  },
  {
    name: "stalled",
    address: "/wild/spinner",
    async provoke(service) {
      await spawn(service, ["/wild/spinner", "moody"]);
      await service.client.send({ to: "/wild/spinner", type: "work.spin" });
      await until("a stall", async () => {
        const { exitsByReason } = await service.client.status();
        return exitsByReason.stalled > 0;
      });
    },
    seen: /stalled/,
    keys: ["d", "X"],
    isSolved: async (service) => await letters(service, "/wild/spinner") === 0,
  },
  {
    name: "host lost",
    address: "/lost/lonely",
    async provoke(service) {
      await spawn(service, ["/lost/lonely", "moody"]);
      await service.client.send(add("/lost/lonely"));
      const pid = await eventually(async () => {
        const { hostPid, turns } = await service.client.agent("/lost/lonely");
        return turns > 1 && hostPid;
      });
      process.kill(pid, "SIGKILL");
    },
    seen: /host lost/,
    keys: ["r", "r"],
    after: [/restart: r from its state/, null],
    async isSolved(service) {
      const { reply } = await service.client.ask({ to: "/lost/lonely", type: "work.read" });
      return (reply as { seen: number[] }).seen.length === 1;
    },
  },
  {
    name: "dead letters",
    address: "/crew/mended",
    async provoke(service) {
      const to = "/crew/mended";
      await spawn(service, [to, "moody"]);
      await service.client.send({ to, type: "mood.break" });
      await service.client.send(add(to, 7));
      await until("the dead letter", async () => await letters(service, to) === 1);
    },
    seen: /dead letters: 1/,
    keys: ["r", "f", "y", "d", "R"],
    after: [/restart: r from its state/, /y yes/, /→ /, /poison work\.add/, null],
    async isSolved(service) {
      const { reply } = await service.client.ask({ to: "/crew/mended", type: "work.read" });
      return (reply as { seen: number[] }).seen.includes(7);
    },
  },
  {
    name: "paused and forgotten",
    address: "/crew/sleepy",
    async provoke(service) {
      await spawn(service, ["/crew/sleepy", "moody"]);
      await service.client.carryOut("pause", "/crew/sleepy");
      for (let n = 0; n < 12; n++) await service.client.send(add("/crew/sleepy", n));
    },
    seen: /paused:? .*12 in its mailbox/,
    keys: ["u"],
    async isSolved({ client }) {
      const { status, mailboxDepth } = await client.agent("/crew/sleepy");
      return status === "running" && mailboxDepth === 0;
    },
  },
  {
    name: "flood",
    address: "/flood/sink",
    async provoke(service) {
      await spawn(service, ["/flood/source", "pump"], ["/flood/sink", "slow"]);
      const payload = { to: "/flood/sink", count: 250, everyMs: 100 };
      await service.client.send({ to: "/flood/source", type: "pump.start", payload });
      await until("a full mailbox", async () => {
        return (await service.client.agent("/flood/sink")).mailboxDepth >= 1_000;
      });
    },
    seen: /flood: \d+ in its mailbox/,
    keys: ["b", "p"],
    after: [/source sends .*sink most/, null],
    isSolved: async (service) => await status(service, "/flood/source") === "paused",
  },
];
