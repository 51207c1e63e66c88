/** `testAgent` under vitest on Node, in a project that has the packages installed. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { blocksOf } from "./pages.ts";

const root = new URL("../../", import.meta.url);

test("the tutorial's test passes on Node with the setting that the guide names", async () => {
  const guide = await Deno.readTextFile(new URL("docs/xstate-users.md", root));
  const setting = /`(server: \{ deps: .*?\} \})`/.exec(guide)![1]!;
  const tutorial = await Deno.readTextFile(new URL("docs/first-agent.md", root));
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(join(folder, "node_modules"));
    for (const [name, target] of [["dreamos", "."], ["vitest", "node_modules/vitest"]] as const) {
      const place = fileURLToPath(new URL(target, root)).replace(/\/$/, "");
      await Deno.symlink(place, join(folder, "node_modules", name));
    }
    await Deno.writeTextFile(join(folder, "package.json"), '{ "type": "module" }');
    await Deno.writeTextFile(
      join(folder, "vitest.config.mjs"),
      `export default { test: { ${setting} } };`,
    );
    for (const { info, text } of blocksOf("", tutorial).filter(({ lang }) => lang === "ts")) {
      await Deno.writeTextFile(join(folder, info), text);
    }
    const { code, stdout, stderr } = await new Deno.Command("node", {
      args: ["node_modules/vitest/vitest.mjs", "run", "--root", folder],
      cwd: folder,
      env: { NO_COLOR: "1", FORCE_COLOR: "0" },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    expect(said).toMatch(/1 passed/);
    expect(code, said).toBe(0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
