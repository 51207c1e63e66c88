/** 100 MB through the real log in a process that is killed again and again: no line is lost. */
import { spawn } from "node:child_process";
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";

const MiB = 1024 * 1024;
const totalBytes = 100 * MiB;
const flood = fileURLToPath(new URL("./flood.ts", import.meta.url));
/** At most so many kills: how often a packing is hit depends on the machine. */
const kills = 8;

let folder: string;
beforeAll(async () => {
  folder = await Deno.makeTempDir();
});
afterAll(() => Deno.remove(folder, { recursive: true }));

/** @returns the last line that the process said it had written, and whether it came to its end */
async function runFlood(
  bytes: number,
  killAfter: number,
): Promise<{ last: number; done: boolean }> {
  const args = ["run", "-A", "--no-config", flood, folder, String(bytes), String(3 * MiB)];
  const child = spawn(Deno.execPath(), args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => child.on("close", () => resolve()));
  let last = 0;
  let said = 0;
  let done = false;
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line === "done") done = true;
    else last = Number(line);
    if (++said === killAfter) child.kill("SIGKILL");
  }
  await exited;
  return { last, done };
}

/** Every line of every file, by `zlib` and `JSON.parse` alone. */
async function readAll(): Promise<
  { seqs: number[]; bytes: number; files: number; packed: number }
> {
  const found = { seqs: [] as number[], bytes: 0, files: 0, packed: 0 };
  for (const name of readdirSync(folder)) {
    if (!name.includes(".jsonl")) continue;
    const file = createReadStream(join(folder, name));
    const isPacked = name.endsWith(".gz");
    found.files++;
    if (isPacked) found.packed++;
    const input = isPacked ? file.pipe(createGunzip()) : file;
    for await (const line of createInterface({ input })) {
      const entry = JSON.parse(line);
      found.bytes += line.length + 1;
      found.seqs.push(entry.seq);
      // All but the line about one that a kill has cut off.
      if (!entry.tornBytes) expect(entry.n).toBe(entry.seq);
    }
  }
  return found;
}

it(
  "loses and doubles no line of 100 MB, rotated, packed and killed",
  { timeout: 240_000 },
  async () => {
    let surely = 0;
    for (let i = 0; i < kills; i++) {
      const { last } = await runFlood(totalBytes, 12 + 17 * i);
      expect(last).toBeGreaterThan(surely);
      surely = last;
    }
    const { done, last } = await runFlood(totalBytes, Infinity);
    expect(done).toBe(true);
    const { seqs, bytes, files, packed } = await readAll();
    expect(bytes).toBeGreaterThan(totalBytes);
    expect(files).toBeGreaterThan(30);
    // How many are packed by now depends on the machine; the others are at the next start.
    expect(packed).toBeGreaterThan(5);
    seqs.sort((a, b) => a - b);
    expect(seqs.length).toBe(last);
    expect(seqs.every((seq, i) => seq === i + 1)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
  },
);
