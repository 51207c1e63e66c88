import { readFileSync } from "node:fs";
import process from "node:process";
import { systemClock } from "../clock.ts";
import { type Client, DreamError } from "../api/client.ts";
import { durationOption } from "./arguments.ts";
import type { Command } from "./command.ts";
import { findService } from "./service.ts";

const lookEveryMs = 50;

export const downCommand: Command = {
  usage: "",
  summary: "drain and end the running service; returns when its process is gone",
  options: {
    timeout: { type: "string", value: "30s", help: "how long to wait for its end" },
  },
  examples: ["dreamos down", "dreamos down --home ./other --timeout 60s"],
  takes: [0, 0],
  async run(run) {
    const timeoutMs = durationOption(run, "timeout") ?? 30_000;
    const { client, pid, url } = findService(run);
    await client.shutdown();
    const until = systemClock.monotonicMs() + timeoutMs;
    const [what, details] = pid === null
      ? [`The service at ${url}`, { url }]
      : [`Process ${pid}`, { pid }];
    while (pid === null ? await answers(client) : isAlive(pid)) {
      if (systemClock.monotonicMs() > until) {
        const message = `${what} still runs ${timeoutMs} ms after it was asked to end`;
        throw new DreamError("not_stopped", message, { details });
      }
      await new Promise<void>((resolve) => systemClock.after(lookEveryMs, resolve));
    }
    run.terminal.print(run.json ? JSON.stringify({ stopped: true, pid }) : `Stopped ${pid ?? url}`);
    return 0;
  },
};

/** Of a service on another machine nothing else can be seen. */
async function answers(client: Client): Promise<boolean> {
  return await client.health().then(() => true, ({ code }) => code !== "not_running");
}

/** Whether the process still runs; one that has ended but was not yet waited for does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    // No /proc, as on macOS: the signal's word holds.
    return true;
  }
}
