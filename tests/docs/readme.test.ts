/** The README's commands: each exists, and its request works as it stands there. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { startService } from "../support/service.ts";
import { blocksOf } from "./pages.ts";

const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
const lamp = fileURLToPath(new URL("../fixtures/swarm-inspected/swarm.ts", import.meta.url));

test("every command that the README names exists", () => {
  const named = new Set(Array.from(readme.matchAll(/npx dreamos ([a-z]+)/g), (match) => match[1]!));
  expect(named.size).toBeGreaterThan(10);
  expect([...named].filter((name) => !Object.hasOwn(commands, name))).toEqual([]);
});

test("its shell blocks are the two commands, and a request that works", async () => {
  const blocks = blocksOf("README.md", readme).filter(({ lang }) => lang === "sh");
  const lines = blocks.map(({ text }) => text.trim());
  // Both are run by tests/house/fresh-clone.test.ts and by CI.
  expect(lines[0]!.split("\n").map((line) => line.split("#")[0]!.trim()))
    .toEqual(["npm start", "npm test"]);
  expect(lines).toHaveLength(2);
  const folder = await Deno.makeTempDir();
  const service = await startService({ swarm: lamp, home: join(folder, "runtime") });
  try {
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", lines[1]!.replace("http://127.0.0.1:7420", service.url)],
      cwd: folder,
    }).output();
    expect(code).toBe(0);
    const { items } = JSON.parse(new TextDecoder().decode(stdout));
    expect(items.map(({ address }: { address: string }) => address)).toEqual(["/lamp", "/other"]);
  } finally {
    await service.remove();
    await Deno.remove(folder, { recursive: true });
  }
});
