/** A machine of its own that systemd runs: namespaces over the files of this one, which stay. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.ts";
import { type Ended, run } from "../support/program.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const script = fileURLToPath(new URL("machine.sh", import.meta.url));
const cgroup = `dreamos-under-systemd-${Deno.pid}`;

/** Where the one hierarchy of control groups is mounted; null without one. */
function cgroupFolder(): string | null {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n").map((line) =>
    line.split(" ")
  );
  return mounts.find(([, , type]) => type === "cgroup2")?.[1] ?? null;
}

/** Why it cannot be done here; null when it can. */
export async function missingForMachine(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "it needs Linux";
  if (Deno.uid() !== 0) return "it needs root, to mount and to make namespaces";
  if (cgroupFolder() === null) return "there is no cgroup2 hierarchy";
  for (const program of ["unshare", "nsenter", "systemctl"]) {
    const { code } = await run("sh", ["-c", `command -v ${program}`]);
    if (code !== 0) return `${program} is not installed: Debian's packages util-linux and systemd`;
  }
  return null;
}

export class Machine {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  /** Of its first process, as this machine counts. */
  #pid = 0;

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  static async start(): Promise<Machine> {
    const folder = await Deno.makeTempDir();
    const group = join(cgroupFolder()!, cgroup);
    await Deno.mkdir(group, { recursive: true });
    const spaces = ["--mount", "--pid", "--cgroup", "--ipc", "--uts", "--net", "--fork"];
    const child = new Deno.Command("sh", {
      args: [
        "-c",
        'echo $$ > "$0/cgroup.procs"; exec "$@"',
        group,
        ...["unshare", ...spaces, "--kill-child", "sh", script, folder, checkout],
      ],
      stdin: "null",
      stdout: "null",
      // When it is killed in the end, unshare complains.
      stderr: "null",
    }).spawn();
    const machine = new Machine(child, folder);
    await eventually(async () => {
      const children = `/proc/${child.pid}/task/${child.pid}/children`;
      machine.#pid = Number((await Deno.readTextFile(children)).trim());
      if (!machine.#pid) return false;
      return /running|degraded/.test((await machine.run("systemctl", "is-system-running")).out);
    }, { what: "systemd", deadlineMs: 60_000 });
    return machine;
  }

  /** Runs a program inside. */
  run(...words: string[]): Promise<Ended> {
    const spaces = ["--mount", "--pid", "--cgroup", "--ipc", "--uts", "--net"];
    return run("nsenter", ["--target", String(this.#pid), ...spaces, "--", ...words]);
  }

  /** Runs one that has to succeed. */
  async must(...words: string[]): Promise<string> {
    const { code, out, err } = await this.run(...words);
    if (code === 0) return out;
    throw new Error(`${words.join(" ")} ended with ${code}: ${(out + err).slice(-800)}`);
  }

  /** What systemd knows of a unit. */
  async unit(name: string): Promise<Record<string, string>> {
    const text = await this.must("systemctl", "show", name);
    return Object.fromEntries(
      text.split("\n").map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
  }

  /** Ends all that runs in it, and leaves nothing. */
  async end(): Promise<void> {
    if (this.#pid) Deno.kill(this.#pid, "SIGKILL");
    await this.#child.status;
    const group = join(cgroupFolder()!, cgroup);
    await eventually(async () => {
      const { code } = await run("find", [group, "-depth", "-type", "d", "-delete"]);
      return code === 0;
    }, { what: "the end of its control groups" }).catch(() => {});
    await Deno.remove(this.#folder, { recursive: true });
  }
}
