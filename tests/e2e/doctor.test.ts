/** The doctor beside a real service: while it runs, hangs, and after it was killed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/processes.ts";
import { type Service, startService } from "../support/service.ts";

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 90_000);
afterAll(() => service?.remove());

interface Told {
  check: string;
  level: string;
  found: string;
  fixed: boolean;
}

async function examine(...more: string[]): Promise<{ code: number; all: Told[] }> {
  // The port that is free by default may be somebody else's on this machine.
  const { code, out } = await runCli(["doctor", "--json", ...more, "--home", service.home], {
    env: { DREAMOS_PORT: "0" },
  });
  return { code, all: JSON.parse(out).findings as Told[] };
}

const of = (all: Told[], check: string) => all.filter((one) => one.check === check);

test("a running service is found well, and nothing of it is touched by --fix", async () => {
  await Deno.chmod(join(service.home, "token"), 0o604);
  const { code, all } = await examine("--fix");
  expect(code).toBe(0);
  expect(of(all, "lock")).toMatchObject([{ found: `Process ${service.pid} runs here` }]);
  expect(of(all, "port")).toMatchObject([{ level: "ok", found: `It answers at ${service.url}` }]);
  expect(of(all, "database")).toMatchObject([{ level: "ok" }]);
  // But what others could read is repaired beside it too.
  expect(of(all, "files")).toMatchObject([{ fixed: true }]);
  expect(service.isUp).toBe(true);
  await service.client.ask({ to: "/captain", type: "status" });
}, 60_000);

test("one that hangs is told within a few seconds", async () => {
  Deno.kill(service.pid, "SIGSTOP");
  try {
    const { code, all } = await examine();
    expect(code).toBe(1);
    const [port] = of(all, "port");
    expect(port).toMatchObject({ level: "fail" });
    expect(port!.found).toMatch(/does not answer within 5 s/);
  } finally {
    Deno.kill(service.pid, "SIGCONT");
  }
}, 60_000);

test("what a kill has left is found, cleared away, and the next start is a clean one", async () => {
  await service.kill9();
  await eventually(() => processesNaming(service.home).length === 0);
  const { code, all } = await examine();
  expect(code).toBe(0);
  expect(of(all, "lock").map(({ level }) => level)).toEqual(["warn", "warn"]);
  expect(of(all, "processes")).toMatchObject([{ level: "warn" }]);
  expect(existsSync(join(service.home, "service.json"))).toBe(true);
  const { all: repaired } = await examine("--fix");
  expect(
    repaired.filter(({ level, fixed }) => level !== "ok" && !fixed)
      .filter(({ check }) => !["clock", "disk", "resources"].includes(check)),
  ).toEqual([]);
  expect(existsSync(join(service.home, "service.json"))).toBe(false);
  expect(readFileSync(join(service.home, "lock"), "utf8")).toBe("");
  await service.start();
  await service.client.ask({ to: "/captain", type: "status" });
}, 90_000);
