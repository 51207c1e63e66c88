/** What docs/backup.md, docs/history.md and docs/doctor.md show is run in a shell, as it stands. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";
import { blocksOf } from "./pages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const launch = `dreamos() { "${Deno.execPath()}" run --quiet -A "${root}src/cli/main.ts" "$@"; }`;
let service: Service;
let folder: string;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.mkdir(join(folder, "backups"));
  service = await startService();
  await Deno.writeTextFile(join(service.inbox, "note.md"), "# Plums\n\nThey ripen.\n");
}, 90_000);
afterAll(async () => {
  await service?.remove();
  await Deno.remove(folder, { recursive: true });
});

async function linesOf(page: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(root, "docs", page));
  const all = blocksOf(page, text).flatMap((block) => block.text.split("\n"));
  return all.filter((line) => line !== "");
}

async function shell(line: string): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${launch}\n${line}`],
    cwd: folder,
    env: { HOME: folder, DREAMOS_HOME: service.home },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

test("docs/backup.md", async () => {
  const lines = await linesOf("backup.md");
  expect(lines).toHaveLength(4);
  for (const line of lines.slice(0, 3)) {
    expect([line, await shell(line)]).toMatchObject([line, { code: 0, err: "" }]);
  }
  expect(lines[3]).toBe("dreamos up --home ./restored");
  const again = await startService({ home: join(folder, "restored") });
  await again.remove();
}, 60_000);

test("docs/history.md", async () => {
  const { items } = await eventually(async () => {
    const page = await service.client.messages({ to: "/ingestor" });
    return page.items.length > 1 && page;
  });
  const lines = await linesOf("history.md");
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) {
    const real = line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, items[0]!.id);
    const ended = await shell(real);
    expect([line, ended]).toMatchObject([line, { code: 0, err: "" }]);
  }
  expect((await Deno.readTextFile(join(folder, "messages.jsonl"))).trim().split("\n").length)
    .toBeGreaterThan(1);
}, 60_000);

test("docs/doctor.md", async () => {
  for (const line of await linesOf("doctor.md")) {
    const { code, out } = await shell(line);
    expect([line, code, out]).toEqual([line, 0, expect.stringMatching(/\n0 broken, /)]);
  }
}, 60_000);
