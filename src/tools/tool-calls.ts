/** Calls under way in the tool host: a few at a time, each may be cancelled. */
import { DreamError, toErrorData } from "../errors.ts";
import type { Json } from "../json.ts";
import { readFile } from "./file-read.ts";
import type { FromToolHost, ToolGrant, ToToolHost } from "./tool-protocol.ts";

/** @throws {DreamError} what the caller is told; `AbortError` after a cancel */
type Tool = (input: Json, grant: ToolGrant, signal: AbortSignal) => Promise<Json>;
type Call = Extract<ToToolHost, { t: "call" }>;

const tools: Readonly<Record<string, Tool>> = { "file.read": readFile };

/** Each may hold a file of the largest size, once as bytes and once as text. */
const mostAtOnce = 8;

export class ToolCalls {
  #send: (message: FromToolHost) => void;
  #waiting: Call[] = [];
  #running = new Map<string, AbortController>();

  constructor(send: (message: FromToolHost) => void) {
    this.#send = send;
  }

  call(call: Call): void {
    this.#waiting.push(call);
    this.#pump();
  }

  /** No result is sent for it any more. */
  cancel(key: string): void {
    this.#waiting = this.#waiting.filter((call) => call.key !== key);
    this.#running.get(key)?.abort();
  }

  #pump(): void {
    while (this.#running.size < mostAtOnce) {
      const at = this.#waiting.findIndex(({ key }) => !this.#running.has(key));
      const [call] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (!call) return;
      const abort = new AbortController();
      this.#running.set(call.key, abort);
      this.#carryOut(call, abort.signal).then((result) => {
        this.#running.delete(call.key);
        if (!abort.signal.aborted) this.#send(result);
        this.#pump();
      });
    }
  }

  async #carryOut({ key, name, input, grant }: Call, signal: AbortSignal): Promise<FromToolHost> {
    try {
      const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
      if (!tool) throw new DreamError("unknown_call", `There is no tool ${name.slice(0, 80)}`);
      return { t: "result", key, ok: true, value: await tool(input, grant, signal) };
    } catch (thrown) {
      return { t: "result", key, ok: false, error: toErrorData(thrown, "call_failed") };
    }
  }
}
