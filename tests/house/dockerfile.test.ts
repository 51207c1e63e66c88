/**
 * The Dockerfile as data: what it copies exists, and what it promises it does. It is built and run
 * by `npm run container`, which takes minutes.
 */
import { describe, expect, test } from "vitest";
import { checkout } from "./source.ts";

interface Step {
  name: string;
  rest: string;
}

interface Stage {
  base: string;
  label: string | null;
  steps: Step[];
}

/** Stages in order; comments gone, continued lines joined. */
function readStages(text: string): Stage[] {
  const joined = text.replace(/^#.*\n/gm, "").replace(/\\\n\s*/g, "");
  const stages: Stage[] = [];
  for (const line of joined.split("\n").filter((line) => line.trim() !== "")) {
    const [, name, rest] = /^(\S+)\s+(.*)$/.exec(line)!;
    if (name === "FROM") {
      const [, base, label] = /^(\S+)(?: AS (\S+))?$/i.exec(rest!)!;
      stages.push({ base: base!, label: label ?? null, steps: [] });
    } else stages.at(-1)!.steps.push({ name: name!, rest: rest! });
  }
  return stages;
}

/** The arguments of the last `name` of a stage; null when there is none. */
function last(stage: Stage, name: string): string | null {
  return stage.steps.findLast((step) => step.name === name)?.rest ?? null;
}

/** The file of ours that `["node", "file", …]` or `["file", …]` runs. */
function programOf(command: string | null): string | undefined {
  const list = /\[.*\]$/.exec(command ?? "");
  const words: string[] = list ? JSON.parse(list[0]) : [];
  return words[0] === "node" ? words[1] : words[0];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(path, checkout)).then(() => true, () => false);
}

/** Everything wrong with a Dockerfile, in words. */
async function faultsOf(text: string, ignore: string, engines: string): Promise<string[]> {
  const faults: string[] = [];
  const stages = readStages(text);
  const final = stages.at(-1)!;
  const kept = new Set(ignore.split("\n").filter((line) => line[0] === "!").map((l) => l.slice(1)));
  const oldest = Number(/^>=(\d+)$/.exec(engines)![1]);
  for (const stage of stages) {
    const isStage = stages.some(({ label }) => label === stage.base);
    const major = isStage ? oldest : Number(/^node:(\d+)-slim$/.exec(stage.base)?.[1]);
    if (!(major >= oldest)) faults.push(`base ${stage.base}, wanted node ${engines}, slim`);
    for (const { name, rest } of stage.steps.filter((step) => step.name === "COPY")) {
      const from = /^--from=(\S+) /.exec(rest)?.[1];
      if (from && !stages.some((other) => other.label === from)) faults.push(`no stage ${from}`);
      if (from) continue;
      for (const path of rest.split(/\s+/).slice(0, -1)) {
        if (!await exists(path)) faults.push(`${name} ${path}: no such file`);
        if (!kept.has(path)) faults.push(`${name} ${path}: left out by .dockerignore`);
      }
    }
  }
  if (stages.length < 2) faults.push("it has one stage: what builds is in the image");
  for (const { name, rest } of final.steps) {
    const isOurs = name === "COPY" && !rest.startsWith("--from=");
    if (isOurs || /\b(?:npm|apt-get)\b/.test(rest)) {
      faults.push(`the last stage has ${name} ${rest}`);
    }
  }
  const user = last(final, "USER");
  if (user === null || /^(?:root|0)\b/.test(user)) faults.push("it runs as root");
  const home = /DREAMOS_HOME=(\S+)/.exec(last(final, "ENV") ?? "")?.[1];
  if (home === undefined || last(final, "VOLUME") !== home) faults.push("HOME is no volume");
  for (const name of ["CMD", "HEALTHCHECK"]) {
    const program = programOf(last(final, name));
    if (program === undefined || !await exists(program)) {
      faults.push(`${name} runs no file of ours`);
    }
  }
  const install = stages.flatMap((stage) => stage.steps).find((step) => /npm ci\b/.test(step.rest));
  if (!install?.rest.includes("--omit=dev")) faults.push("development packages are installed");
  return faults;
}

describe("Dockerfile", async () => {
  const text = await Deno.readTextFile(new URL("Dockerfile", checkout));
  const ignore = await Deno.readTextFile(new URL(".dockerignore", checkout));
  const { engines } = JSON.parse(await Deno.readTextFile(new URL("package.json", checkout)));

  test("keeps its promises", async () => {
    expect(await faultsOf(text, ignore, engines.node)).toEqual([]);
  });

  test.each([
    ["USER node", "USER root", "it runs as root"],
    ["FROM node:22-slim AS", "FROM node:18-slim AS", "base node:18-slim, wanted node >=20, slim"],
    [
      "WORKDIR /app\nCOPY --from",
      "COPY src ./src\nCOPY --from",
      "the last stage has COPY src ./src",
    ],
    ["COPY src ./src", "COPY source ./src", "COPY source: no such file"],
    ["COPY src ./src", "COPY docs ./docs", "COPY docs: left out by .dockerignore"],
    ["--from=build", "--from=setup", "no stage setup"],
    ["VOLUME /data", "VOLUME /var", "HOME is no volume"],
    ['bin/dreamos", "up', 'bin/dream", "up', "CMD runs no file of ours"],
    ["HEALTHCHECK", "LABEL", "HEALTHCHECK runs no file of ours"],
    [" --omit=dev", "", "development packages are installed"],
  ])("%s → %s is found", async (from, to, fault) => {
    expect(await faultsOf(text.replace(from, to), ignore, engines.node)).toContain(fault);
  });
});

describe("compose.yml", async () => {
  const text = await Deno.readTextFile(new URL("compose.yml", checkout));
  const read = (name: string) => Deno.readTextFile(new URL(name, checkout));
  const services = text.split(/^services:\n/m)[1]!.split(/^volumes:\n/m)[0]!
    .split(/^ {2}(?=[a-z]+:\n)/m).slice(1).map((part) => [part.split(":")[0]!, part] as const);

  test("has the service, its watchers, and one that makes their token", () => {
    const names = services.map(([name]) => name).filter((name) => !name.startsWith("#"));
    expect(names).toEqual(["network", "dreamos", "token", "prometheus", "grafana"]);
  });

  test.each(services)(
    "%s has no rights and opens nothing to other machines",
    async (name, part) => {
      expect(part).toContain("<<: *walls");
      if (name !== "network") expect(part).toContain('network_mode: "service:network"');
      for (const [, address] of part.matchAll(/"([\d.]+):\d+:\d+"/g)) {
        expect(address).toBe("127.0.0.1");
      }
      for (const [, path] of part.matchAll(/- \.\/([^:]+):/g)) {
        expect(await exists(path!), path).toBe(true);
      }
    },
  );

  test("puts files where grafana/ looks for them", async () => {
    const by = Object.fromEntries(services);
    expect(await read("grafana/prometheus.yml")).toContain("/run/secrets/dreamos-token");
    expect(by.token).toContain("mv new dreamos-token");
    // A lost file is no lost name: who has it gets a new secret.
    expect(by.token).toMatch(/token create prometheus .*\|\|\s+dreamos token rotate prometheus/);
    expect(by.prometheus).toContain("tokens:/run/secrets:ro");
    const [, dashboards] = /path: (\S+)/.exec(
      await read("grafana/provisioning/dashboards/dreamos.yml"),
    )!;
    expect(by.grafana).toContain(`./grafana/dashboards:${dashboards}:ro`);
  });
});
