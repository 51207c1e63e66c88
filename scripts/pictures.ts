/**
 * Draws the pictures of docs/first-five-minutes.md by doing what the page says in real terminals,
 * and those of docs/inspector.md: `npm run pictures` (needs tmux). A clone of its own is walked
 * through, so that what is not committed is not in the pictures.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingTmux } from "../tests/support/tmux.ts";
import { drawInspector } from "./inspector-pictures.ts";
import { walkPage } from "./page-walk.ts";
import { drawScreen } from "./terminal-svg.ts";

const columns = 92;
const docs = fileURLToPath(new URL("../docs/", import.meta.url));
const page = "first-five-minutes.md";

const missing = await missingTmux();
if (missing) throw new Error(`Cannot draw pictures: ${missing}`);
const folder = await Deno.makeTempDir();
const clone = join(folder, "dreamos");
try {
  await drawInspector(join(docs, "pictures"));
  await run("git", "clone", "--quiet", dirname(docs), clone);
  await Deno.symlink(join(dirname(docs), "node_modules"), join(clone, "node_modules"));
  await walkPage({
    page,
    markdown: await Deno.readTextFile(join(docs, page)),
    cwd: clone,
    // What npm thinks of this machine belongs in no picture.
    env: { npm_config_loglevel: "error" },
    columns,
    rows: 34,
    async onShot({ path, title, terminal }) {
      // What has shown all may not have ended yet; what stays has no prompt.
      if (!await terminal.isFullScreen()) {
        await terminal.until(/\n\$$/, { deadlineMs: 5_000 }).catch(() => {});
      }
      const lines = await terminal.colours();
      const cursor = await terminal.cursor();
      const file = join(docs, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, drawScreen({ lines, columns, title, cursor }));
      console.log(`docs/${path}`);
    },
  });
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args, stdout: "inherit" }).output();
  if (!success) throw new Error(`${program} ${args[0]} failed`);
}
