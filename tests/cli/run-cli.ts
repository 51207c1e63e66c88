/** Runs the real CLI as a process, for tests. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OpenDoor, openDoor } from "../api/open-door.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Ended {
  code: number;
  out: string;
  err: string;
}

export interface CliOptions {
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** The environment of the CLI: nothing of the test's own `DREAMOS_*`. */
function cleanEnv(env: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("DREAMOS_"));
  return { ...Object.fromEntries(own), ...env };
}

export function startCli(args: string[], options: CliOptions = {}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", join(root, "src/cli/main.ts"), ...args],
    cwd: options.cwd ?? root,
    env: cleanEnv(options.env),
    clearEnv: true,
    stdin: options.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

export async function runCli(args: string[], options: CliOptions = {}): Promise<Ended> {
  const child = startCli(args, options);
  if (options.input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** A HOME whose service is a server of this test. */
export async function openHome(): Promise<
  { home: string; door: OpenDoor; close(): Promise<void> }
> {
  const home = await Deno.makeTempDir();
  const door = openDoor();
  await writeMark(home, door.url, Deno.pid, door.token);
  return {
    home,
    door,
    async close() {
      await door.shutdown();
      await Deno.remove(home, { recursive: true });
    },
  };
}

export async function writeMark(home: string, url: string, pid: number, token: string) {
  await Deno.writeTextFile(join(home, "service.json"), JSON.stringify({ url, pid }));
  await Deno.writeTextFile(join(home, "token"), `${token}\n`);
}
