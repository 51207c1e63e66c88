/** `dreamos backup` against services that break off or send something else. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCli, writeMark } from "./run-cli.ts";

let home: string;
beforeEach(async () => {
  home = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(home, { recursive: true }));

/** What the command says of an answer, and the files that it leaves. */
async function backUp(answer: () => Response): Promise<{ err: string; left: string[] }> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await writeMark(home, `http://127.0.0.1:${server.addr.port}`, Deno.pid, "a-token-of-a-test");
    const folder = await Deno.makeTempDir({ dir: home });
    const { code, err } = await runCli(["backup", join(folder, "b.tar.gz"), "--home", home]);
    expect(code).toBe(err.includes("not_running") ? 3 : 1);
    return { err, left: [...Deno.readDirSync(folder)].map(({ name }) => name) };
  } finally {
    await server.shutdown();
  }
}

const words = (text: string) => new TextEncoder().encode(text);

it("says that the service went away in the middle, and leaves nothing", async () => {
  const { err, left } = await backUp(() => {
    let count = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (count++ < 3) controller.enqueue(words("half ".repeat(1_000)));
        else controller.error("gone");
      },
    });
    return new Response(body, { headers: { "content-length": "1000000" } });
  });
  expect(err).toMatch(/^dreamos: not_running: /);
  expect(left).toEqual([]);
});

it("does not call a backup what is none", async () => {
  const bytes = words("this is no backup at all, but words");
  const { err, left } = await backUp(() => (
    new Response(bytes, { headers: { "content-length": String(bytes.length) } })
  ));
  expect(err).toMatch(/^dreamos: bad_backup: Cannot use what came for .*b\.tar\.gz .*no gzip file/);
  expect(left).toEqual([]);
});

it("hands on what the service refuses", async () => {
  const error = { code: "backup_running", message: "another one is being made", details: {} };
  const { err, left } = await backUp(() => Response.json({ error }, { status: 409 }));
  expect(err).toMatch(/^dreamos: backup_running: another one .*\nhint: /);
  expect(left).toEqual([]);
});
