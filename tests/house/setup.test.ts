/** The check that runs before every command: is node_modules what the lock file names? */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whatIsMissing } from "../../scripts/setup.mjs";

const wanted = {
  "": { name: "house" },
  "node_modules/deno": { version: "2.0.0", integrity: "sha512-a" },
  "node_modules/vitest": { version: "5.0.0", dev: true },
  "node_modules/@deno/elsewhere": { version: "2.0.0", optional: true },
};
const { "node_modules/deno": denoEntry, "node_modules/vitest": vitestEntry } = wanted;

let folder: string;
beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/node_modules/deno`, { recursive: true });
  await Deno.writeTextFile(`${folder}/package-lock.json`, JSON.stringify({ packages: wanted }));
});
afterAll(() => Deno.remove(folder, { recursive: true }));

async function install(packages: Record<string, unknown>): Promise<void> {
  const text = JSON.stringify({ packages });
  await Deno.writeTextFile(`${folder}/node_modules/.package-lock.json`, text);
}

describe("whatIsMissing()", () => {
  const all = { "node_modules/deno": denoEntry, "node_modules/vitest": vitestEntry };

  test("tells of an empty folder", () => {
    expect(whatIsMissing(folder)).toBe("nothing is installed yet");
  });

  test("wants Deno's program file beside its package", async () => {
    await install(all);
    expect(whatIsMissing(folder)).toBe("Deno's program file is missing");
    const name = Deno.build.os === "windows" ? "deno.exe" : "deno";
    await Deno.writeTextFile(`${folder}/node_modules/deno/${name}`, "");
    expect(whatIsMissing(folder)).toBeNull();
  });

  test.each([
    [
      { ...all, "node_modules/deno": { ...denoEntry, version: "1.9.0" } },
      "deno is 1.9.0, wanted 2.0.0",
    ],
    [
      { ...all, "node_modules/deno": { ...denoEntry, integrity: "sha512-b" } },
      "deno 2.0.0 is not the one that package-lock.json names",
    ],
    [{ "node_modules/deno": denoEntry }, "vitest is missing"],
    [{ ...all, "node_modules/old": {} }, "old is installed but not wanted"],
  ])("tells what differs: %#", async (packages, reason) => {
    await install(packages);
    expect(whatIsMissing(folder)).toBe(reason);
  });

  test("does without development packages where they are not needed", async () => {
    await install({ "node_modules/deno": denoEntry });
    expect(whatIsMissing(folder, { dev: false })).toBeNull();
  });

  test("tells of a damaged lock file", async () => {
    await install(all);
    await Deno.writeTextFile(`${folder}/package-lock.json`, "{");
    expect(whatIsMissing(folder)).toBe("package-lock.json is missing or damaged");
  });
});
