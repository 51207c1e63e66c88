/** Faults that end nothing by themselves: each begins, lasts a while, and is over. */
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { pause } from "../support/eventually.ts";
import { isRunning } from "../support/processes.ts";
import type { Service } from "../support/service.ts";
import { isPassing } from "./producers.ts";
import type { Random } from "./random.ts";
import type { Scratch } from "./scratch.ts";
import type { ShiftedClock } from "./shifted-clock.ts";
import type { Victims } from "./victims.ts";

export const troubles = [
  "frozen host",
  "hung thread",
  "full disk",
  "clock jump",
  "deploy",
] as const;
export type Trouble = typeof troubles[number];

/** Longer than a turn may take, so that a frozen host may be taken for a hung one. */
const longestFreezeMs = 5_000;

const counter = fileURLToPath(new URL("../../agents/counter", import.meta.url));

export interface TroubleMakerOptions {
  service: Service;
  victims: Victims;
  scratch: Scratch;
  clock: ShiftedClock;
  random: Random;
  signal: AbortSignal;
}

export class TroubleMaker {
  #options: TroubleMakerOptions;
  #hung = 0;
  #editions = 0;

  constructor(options: TroubleMakerOptions) {
    this.#options = options;
  }

  /** What cannot be done on this machine, and why. */
  get impossible(): Partial<Record<Trouble, string>> {
    const { scratch, clock } = this.#options;
    return {
      ...(scratch.noDisk === null ? {} : { "full disk": scratch.noDisk }),
      ...(clock.reason === null ? {} : { "clock jump": clock.reason }),
    };
  }

  /** Resolves when it is over: from then on everything has to come right by itself. */
  async make(trouble: Trouble): Promise<void> {
    const { scratch, clock, random, signal } = this.#options;
    switch (trouble) {
      case "frozen host":
        return await this.#freeze();
      case "hung thread":
        return await this.#hang();
      case "full disk":
        await scratch.fill();
        await pause(random.int(200, 3_000), signal);
        return await scratch.free();
      case "clock jump":
        clock.jump(random);
        return;
      case "deploy":
        return await this.#deploy();
    }
  }

  /** Another edition of the agents that are counting at this moment. */
  async #deploy(): Promise<void> {
    const { service, scratch } = this.#options;
    const edition = ++this.#editions;
    const folder = join(scratch.folder, `edition-${edition}`);
    await Deno.mkdir(folder);
    await Deno.copyFile(join(counter, "tally.ts"), join(folder, "tally.ts"));
    const text = await Deno.readTextFile(join(counter, "agent.ts"));
    const path = join(folder, "agent.ts");
    const changed = text.replace("../../src/index.ts", "dreamos")
      .replace("const accepts = {", `const accepts = { "edition.${edition}": z.object({}),`);
    await Deno.writeTextFile(path, changed);
    await repeat("", () => service.client.deploy(path));
  }

  async #freeze(): Promise<void> {
    const { service, victims, random, signal } = this.#options;
    const mark = await victims.find("host", service.client, random);
    if (!mark) return;
    process.kill(mark.pid, "SIGSTOP");
    await pause(random.int(100, longestFreezeMs), signal);
    if (isRunning(mark)) process.kill(mark.pid, "SIGCONT");
  }

  /** An agent whose turn never ends, beside the others in their hosts. */
  async #hang(): Promise<void> {
    const { client } = this.#options.service;
    const name = `r-${++this.#hung}`;
    const address = `/runaways/${name}`;
    await repeat(name, (options) => client.spawn({ address, kind: "runaway" }, options));
    const payload = { how: "spin", to: address };
    const message = { to: address, type: "go.wrong", payload };
    await repeat(`${name}-spin`, (options) => client.send(message, options));
  }
}

/** Under one key until it is acknowledged. */
async function repeat(
  idempotencyKey: string,
  act: (options: { idempotencyKey: string }) => Promise<unknown>,
): Promise<void> {
  while (true) {
    try {
      await act({ idempotencyKey });
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(100);
    }
  }
}
