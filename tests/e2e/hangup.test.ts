/** The end of the terminal that a service runs in: an end like Ctrl-C, unless nohup says no. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { hasProc, processesNaming } from "../support/processes.ts";
import { missingTmux, Tmux } from "../support/tmux.ts";

const lamp = fileURLToPath(new URL("../fixtures/swarm-inspected/swarm.ts", import.meta.url));
const bin = fileURLToPath(new URL("../../bin/", import.meta.url));
const missing = hasProc ? await missingTmux() : "what is ignored stands in /proc";

test("a closed terminal drains; nohup keeps the service", async ({ skip }) => {
  if (missing) skip(missing);
  const folder = await Deno.makeTempDir();
  const home = join(folder, "home");
  const env = { PATH: `${bin}:${Deno.env.get("PATH")}`, DREAMOS_HOME: home };
  const isUp = async () => (await runCli(["status", "--home", home])).code === 0;
  const saidSince = async (from: string) => {
    const text = await Deno.readTextFile(join(home, "logs", "dreamos.jsonl"));
    return text.slice(from.length);
  };
  try {
    const first = await Tmux.open({ cwd: folder, env });
    await first.command(`dreamos up ${lamp} --port 0`);
    await first.until("Ctrl-C drains and ends.", { deadlineMs: 60_000 });
    await first.close();
    await eventually(() => processesNaming(home).length === 0, { what: "the end" });
    const before = await saidSince("");
    expect(before).toMatch(/"message":"ended".*"code":0/);

    const second = await Tmux.open({ cwd: folder, env });
    await second.command(`nohup dreamos up ${lamp} --port 0 > up.log 2>&1 &`);
    await eventually(isUp, { deadlineMs: 60_000 });
    const shell = await second.pid();
    await second.close();
    await eventually(() => !processesNaming(folder).some(({ pid }) => pid === shell));
    expect(await isUp()).toBe(true);
    expect(await saidSince(before)).not.toContain('"ended"');
  } finally {
    await runCli(["down", "--home", home]);
    await Deno.remove(folder, { recursive: true });
  }
}, 150_000);
