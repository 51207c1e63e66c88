/** A stranger's first five minutes: the page's commands, typed into real terminals. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { walkPage } from "../../scripts/page-walk.ts";
import { checkout } from "../house/source.ts";
import { missingTmux } from "../support/tmux.ts";
import { blocksOf } from "./pages.ts";

const root = decodeURIComponent(checkout.pathname);
const page = "docs/first-five-minutes.md";
const markdown = await Deno.readTextFile(`${root}${page}`);
const missing = await missingTmux();

test("does all that the page says, and sees what it shows", async ({ skip }) => {
  if (missing) skip(missing);
  const folder = await Deno.makeTempDir();
  try {
    const [cloning] = blocksOf(page, markdown).filter(({ lang }) => lang === "sh");
    const script = cloning!.text.replace("URL", root);
    const { success } = await new Deno.Command("sh", {
      args: ["-ec", `${script}\ntest -f package.json`],
      cwd: folder,
    }).output();
    expect(success).toBe(true);
    // The installation of a fresh machine is what .ci/run begins with.
    await Deno.symlink(`${root}node_modules`, join(folder, "dreamos", "node_modules"));
    const shots: string[] = [];
    const steps = await walkPage({
      page,
      markdown,
      cwd: join(folder, "dreamos"),
      env: { DREAMOS_PORT: "0" },
      columns: 92,
      rows: 34,
      onShot: async ({ path, terminal }) => {
        shots.push(path);
        expect((await terminal.colours()).join("\n")).not.toContain("TypeError");
      },
    });
    expect(steps).toBeGreaterThan(10);
    for (const path of shots) await Deno.stat(`${root}docs/${path}`);
    expect(shots.length).toBeGreaterThan(3);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}, 240_000);
