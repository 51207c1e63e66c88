/** A server that keeps the interface of messages, or breaks it in one way: to try the producers. */
import { add, emptyTally, type Tally } from "../../agents/counter/tally.ts";

export type Fault =
  | "none"
  /** Every tenth request is acknowledged and forgotten. */
  | "forgets"
  /** A repeated request takes effect again. */
  | "no keys"
  /** Messages of one request are taken in reverse. */
  | "reverses"
  /** Takes the first message of a request, then refuses the request for good. */
  | "takes half";

interface Message {
  to: string;
  payload: { id: string; n: number; producer: string };
}

export interface FaultyDoor {
  url: string;
  tallies: Map<string, Tally>;
  close(): Promise<void>;
}

/** Every third request is answered with a 503 after it took effect, as if the line had broken. */
export function openFaultyDoor(fault: Fault): FaultyDoor {
  const tallies = new Map<string, Tally>();
  const answers = new Map<string, string[]>();
  let requests = 0;
  let ids = 0;
  const take = ({ to, payload }: Message) => {
    tallies.set(to, add(tallies.get(to) ?? emptyTally, payload));
  };
  const effect = (messages: Message[]): string[] => {
    if (fault === "forgets" && requests % 10 === 0) return messages.map(() => `id-${++ids}`);
    for (const message of fault === "reverses" ? messages.toReversed() : messages) take(message);
    return messages.map(() => `id-${++ids}`);
  };
  const refuse = (status: number, code: string) =>
    Response.json({ error: { code, message: "planted" } }, { status });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const body = await request.json() as Message | Message[];
    const messages = Array.isArray(body) ? body : [body];
    const key = request.headers.get("idempotency-key")!;
    const number = ++requests;
    if (fault === "takes half" && messages.length > 1) {
      take(messages[0]!);
      return refuse(422, "invalid_payload");
    }
    const known = fault === "no keys" ? undefined : answers.get(key);
    const given = known ?? effect(messages);
    answers.set(key, given);
    if (number % 3 === 0) return refuse(503, "storage_unavailable");
    return Response.json(Array.isArray(body) ? { ids: given } : { id: given[0] }, { status: 202 });
  });
  const { port } = server.addr as Deno.NetAddr;
  return { url: `http://127.0.0.1:${port}`, tallies, close: () => server.shutdown() };
}
