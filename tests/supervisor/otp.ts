/** What the cases of OTP's supervisor suite need again and again. */
import type { TreeNode } from "../../src/supervisor/control.ts";
import type { SwarmInput } from "../../src/swarm.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

export type Child = SwarmInput["children"][number];
type Supervisor = Extract<Child, { type: "supervisor" }>;
type Agent = Extract<Child, { type: "agent" }>;

/** For tests that do not want a poison envelope to be tried again: OTP's behaviour (R7). */
export const once = { maxAttempts: 1 };

export function agent(id: string, more: Partial<Agent> = {}): Child {
  return { type: "agent", id, agent: "probe", ...more };
}

export function supervisor(id: string, children: Child[], more: Partial<Supervisor> = {}): Child {
  return { type: "supervisor", id, children, backoffMs: 1, backoffMaxMs: 2, ...more };
}

/** A system in a folder of its own, and short ways to look at it. */
export class OtpRig {
  rig!: Rig;
  #folder = "";
  #options: Partial<RigOptions> = {};

  async open(children: Child[], options: Partial<RigOptions> = {}): Promise<Rig> {
    this.#folder = await Deno.makeTempDir();
    this.#options = { limits: once, ...options };
    this.rig = await openRig({ folder: this.#folder, children, ...this.#options });
    return this.rig;
  }

  /** The system ends at once and starts again, with another tree if one is given. */
  async restart(children: Child[], options: Partial<RigOptions> = {}): Promise<Rig> {
    await this.rig.close();
    this.rig = await openRig({ folder: this.#folder, children, ...this.#options, ...options });
    return this.rig;
  }

  async close(): Promise<void> {
    if (!this.rig) return;
    await this.rig.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async crash(...addresses: string[]): Promise<void> {
    for (const address of addresses) await this.rig.send(address, "crash", {});
  }

  async finish(address: string): Promise<void> {
    await this.rig.send(address, "finish", {});
  }

  async node(address: string): Promise<TreeNode> {
    const all = flatten(await this.rig.system.tree());
    const found = all.find((node) => node.address === address);
    if (!found) throw new Error(`There is no ${address} in the tree`);
    return found;
  }

  async status(address: string): Promise<string> {
    return (await this.node(address)).status;
  }

  async restarts(address: string): Promise<number> {
    return (await this.node(address)).restarts;
  }

  /** Number of the thread that each agent lives in; all are given one by asking them. */
  async threads(...addresses: string[]): Promise<(number | null)[]> {
    for (const address of addresses) await this.rig.notes(address);
    const seen = [];
    for (const address of addresses) seen.push((await this.rig.system.agent(address)).generation);
    return seen;
  }

  /** Types of the supervision events so far, with their addresses. */
  async events(): Promise<string[]> {
    const rows = await this.rig.store.events({ limit: 1_000 });
    return rows.map(({ type, address }) => `${type} ${address}`)
      .filter((line) => /^(supervisor|agent)\./.test(line));
  }
}

export function flatten(node: TreeNode): TreeNode[] {
  return [node, ...node.children.flatMap(flatten)];
}

/** Waits until the expectations of `check` hold. */
export async function holds(check: () => Promise<void> | void): Promise<void> {
  await eventually(async () => {
    await check();
    return true;
  }, { everyMs: 5 });
}
