/** The program itself: Deno, the packages, the walls around agents. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { version } from "../../version.ts";
import { type Check, type Finding, findingsOf } from "./finding.ts";

const root = new URL("../../../", import.meta.url);

interface Package {
  dependencies: Record<string, string>;
}

const means = "Dream.OS is tested with exactly the versions that package.json names.";

/** Deno and every package, as package.json pins them. */
export const installationCheck: Check = {
  name: "installation",
  means,
  look() {
    const { ok, fail } = findingsOf("installation");
    const next = `Run npm ci in ${fileURLToPath(root)}`;
    const { dependencies } = readPackage("package.json") as Package;
    const wrong: string[] = [];
    for (const [name, wanted] of Object.entries(dependencies)) {
      const seen = versionOf(name);
      if (seen !== wanted) wrong.push(`${name} ${seen ?? "is not there"}, wanted ${wanted}`);
    }
    if (wrong.length > 0) return [fail({ found: wrong.slice(0, 5).join("; "), means, next })];
    const deno = Deno.version.deno;
    const count = Object.keys(dependencies).length;
    if (deno !== dependencies.deno) {
      const found = `It runs on Deno ${deno}, wanted ${dependencies.deno}`;
      return [fail({ found, means, next: "Start it with npx dreamos" })];
    }
    return [ok({ found: `dreamos ${version}, Deno ${deno}, ${count} packages as pinned`, means })];
  },
};

function readPackage(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), "utf8"));
}

function versionOf(name: string): string | null {
  const path = `node_modules/${name}/package.json`;
  if (!existsSync(new URL(path, root))) return null;
  return (readPackage(path) as { version: string }).version;
}

const wallMeans =
  "Agents run in threads without permissions, in processes without network, files " +
  "and environment: Deno has to refuse what they are not granted.";
const probes = ["Deno.readTextFileSync('/etc/hosts')", "Deno.env.get('HOME')"];

/** Whether the walls stand: tried, not believed. */
export const sandboxCheck: Check = {
  name: "sandbox",
  means: wallMeans,
  async look() {
    const { ok, fail } = findingsOf("sandbox");
    const results = await Promise.all(probes.map(isRefused));
    if (!results.every(Boolean)) {
      const found = "A program without permissions could read what it must not";
      return [fail({ found, means: wallMeans, next: "Start no agents; reinstall with npm ci" })];
    }
    const found = "A program without permissions is refused files and environment";
    return [ok({ found, means: wallMeans }), furtherWall()];
  },
};

async function isRefused(code: string): Promise<boolean> {
  const script = `try { ${code}; console.log("reached") } catch { console.log("refused") }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-config", `data:text/javascript,${script}`],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim() === "refused";
}

/** Told for what it is: nothing depends on it in this version. */
function furtherWall(): Finding {
  const { ok } = findingsOf("sandbox");
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const path = folders.map((folder) => `${folder}/bwrap`).find((one) => existsSync(one));
  return ok({
    found: path ? `bubblewrap is at ${path}` : "There is no bubblewrap here",
    means: "A further wall around whole processes; this version does not use it.",
  });
}
