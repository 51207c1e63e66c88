/** `dreamos init` to a swarm that runs and whose test passes, both the first time. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../cli/run-cli.ts";
import { startService } from "../support/service.ts";

let folder: string;
beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir());
});
afterAll(() => Deno.remove(folder, { recursive: true }));

const run = (...args: string[]) => runCli(args, { cwd: folder });

async function filesOf(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (!entry.isDirectory) found.push(entry.name);
    else {
      const inner = await filesOf(join(path, entry.name));
      found.push(...inner.map((name) => `${entry.name}/${name}`));
    }
  }
  return found.sort();
}

test("what init writes is tested, runs, and goes on after a kill", async () => {
  const made = await run("init", "my-swarm", "--json");
  expect(made).toMatchObject({ code: 0, err: "" });
  const { files } = JSON.parse(made.out);
  expect(await filesOf(join(folder, "my-swarm"))).toEqual([...files].sort());

  const tested = await run("test", "my-swarm", "--json");
  expect(tested).toMatchObject({ code: 0, err: "" });
  const { ok, tests } = JSON.parse(tested.out) as { ok: boolean; tests: { state: string }[] };
  expect([ok, tests.map(({ state }) => state)]).toEqual([true, ["passed", "passed"]]);
  // It leaves nothing behind.
  expect(await filesOf(join(folder, "my-swarm"))).toEqual([...files].sort());

  const service = await startService({ swarm: join(folder, "my-swarm/swarm.ts") });
  try {
    expect((await service.cli("send", "door", "visitor.came", '{"name":"Ada"}')).code).toBe(0);
    await service.kill9();
    await service.start();
    const { out } = await service.cli("ask", "door", "visitors");
    expect(JSON.parse(out)).toEqual({ count: 1, last: "Ada" });
  } finally {
    await service.remove();
  }
});

test("test fails on what does not compile, on a failing test and on no test at all", async () => {
  await run("init", "broken");
  const door = join(folder, "broken/door/agent.ts");
  const right = await Deno.readTextFile(door);
  await Deno.writeTextFile(door, right.replace('tell(lamp, "light"', 'tell(lamp, "lihgt"'));
  const wrong = await run("test", "broken");
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/lihgt[^]*door\/agent\.ts/)]);
  const failing = await run("test", "broken", "--no-check");
  expect([failing.code, failing.out]).toEqual([1, expect.stringMatching(/1 failed.*1 passed/)]);
  const told = await run("test", "broken", "--json");
  expect(told).toMatchObject({ code: 1, err: "" });
  expect(JSON.parse(told.out)).toMatchObject({
    ...{ ok: false, compiler: expect.stringContaining("lihgt"), tests: [] },
  });
  await Deno.remove(join(folder, "broken/swarm.test.ts"));
  await Deno.writeTextFile(door, right);
  const none = await run("test", "broken", "--no-check", "--json");
  expect(none).toMatchObject({
    code: 1,
    out: '{"ok":false,"compiler":null,"tests":[]}\n',
    err: "",
  });
  expect((await run("test", "nowhere")).code).toBe(5);
});

test("up takes the swarm as its argument, once", async () => {
  const both = await run("up", "a.ts", "--swarm", "b.ts");
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining("one swarm") });
  const missing = await run("up", "none.ts", "--home", join(folder, "home"), "--port", "0");
  expect(missing).toMatchObject({ code: 78, err: expect.stringContaining("none.ts") });
});

test("init refuses names and folders that will not do, and writes nothing", async () => {
  await Deno.mkdir(join(folder, "full/inside"), { recursive: true });
  await Deno.writeTextFile(join(folder, "a-file"), "");
  expect(await run("init", "full")).toMatchObject({
    code: 6,
    err: expect.stringMatching(/^dreamos: folder_not_empty: .*1 files or folders/),
  });
  expect(await filesOf(join(folder, "full"))).toEqual([]);
  expect(await run("init", "a-file")).toMatchObject({
    code: 6,
    err: expect.stringContaining("folder_not_empty"),
  });
  for (const name of ["bad name", "a:b", "a".repeat(200), "/"]) {
    expect(await run("init", name), name).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^dreamos: usage: /),
    });
  }
  expect((await run("init")).code).toBe(2);
  await Deno.mkdir(join(folder, "empty"));
  expect((await run("init", "empty")).code).toBe(0);
});
