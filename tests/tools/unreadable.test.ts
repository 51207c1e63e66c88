/** Permissions bite nobody but root, so that the tool host is run as somebody else. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRig, type Rig } from "./rig.ts";

const nobody = 65_534;

async function canBeNobody(): Promise<boolean> {
  if (Deno.uid() !== 0) return false;
  const args = [`--reuid=${nobody}`, "--clear-groups", Deno.execPath(), "--version"];
  try {
    return (await new Deno.Command("setpriv", { args, clearEnv: true }).output()).success;
  } catch {
    return false;
  }
}

async function asNobody(act: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nobody-" });
  await Deno.chmod(folder, 0o755);
  const execPath = join(folder, "deno");
  const command = `exec setpriv --reuid=${nobody} --clear-groups '${Deno.execPath()}' "$@"`;
  await Deno.writeTextFile(execPath, `#!/bin/sh\n${command}\n`);
  await Deno.chmod(execPath, 0o755);
  const rig = await openRig({ execPath });
  try {
    await Deno.chmod(rig.base, 0o755);
    await act(rig);
  } finally {
    await rig.close();
    await Deno.remove(folder, { recursive: true });
  }
}

test("files and folders that may not be read are not gone", async (context) => {
  if (!(await canBeNobody())) {
    context.skip("needs root and setpriv: nobody else can be asked to read");
  }
  await asNobody(async (rig) => {
    await Deno.mkdir(rig.path("closed"));
    const inside = await rig.write("closed/a.md", "a");
    const secret = await rig.write("secret.md", "secret");
    const open = await rig.write("open.md", "open");
    await Deno.chmod(secret, 0o600);
    rig.watch();
    expect((await rig.last(secret, "file.skipped")).payload.code).toBe("file_unreadable");
    await expect(rig.read(secret)).rejects.toMatchObject({ code: "file_unreadable" });
    await rig.last(inside, "file.found");
    await rig.last(open, "file.found");
    await Deno.chmod(open, 0o000);
    await rig.write("open.md", "changed");
    await rig.last(open, "file.skipped");
    await Deno.chmod(rig.path("closed"), 0o700);
    await rig.last(rig.path("closed"), "file.skipped");
    await Deno.chmod(secret, 0o644);
    await rig.last(secret, "file.found");
    await Deno.chmod(rig.path("closed"), 0o755);
    await Deno.chmod(open, 0o644);
    await rig.last(open, "file.found");
    const changed = await rig.write("closed/a.md", "changed");
    await rig.last(changed, "file.found");
    await rig.last(await rig.write("flush.md", "flush"), "file.found");
    expect(rig.told.filter(({ type }) => type === "file.removed")).toEqual([]);
    expect(rig.types(open)).toEqual(["file.found", "file.skipped", "file.found"]);
  });
});
