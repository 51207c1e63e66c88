/**
 * `npm run container`: builds the Dockerfile as it stands and runs what it promises: a user without
 * rights, a root file system that is only read, a volume that outlives the container, a health
 * check, an orderly end. Needs packages of Debian and some minutes; no service of Docker's.
 */
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.ts";
import { run } from "../support/program.ts";
import { Engine, makeBase, missingPackages } from "./engine.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const name = "dreamos-under-test";
const volume = `${name}-data`;
const tokens = `${name}-tokens`;
const began = performance.now();

function say(text: string): void {
  console.error(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
}

function check(what: string, holds: boolean, seen: string): void {
  if (!holds) throw new Error(`${what}: no; seen: ${seen.slice(-800)}`);
  say(`ok    ${what}`);
}

async function build(engine: Engine, folder: string): Promise<void> {
  const text = await Deno.readTextFile(`${root}Dockerfile`);
  const base = /^FROM (\S+)/m.exec(text)![1]!;
  say(`making ${base} …`);
  say(`      it is ${await makeBase(engine, base, folder)}`);
  say("building the image …");
  const how = ["--isolation", "chroot", "--network", "host", "--pull=never", "--format", "docker"];
  await engine.buildah("build", ...how, "-q", "-t", name, root);
}

async function start(engine: Engine): Promise<void> {
  const walls = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"];
  const bounds = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
  const args = [
    "--security-opt",
    "no-new-privileges",
    "--network",
    "host",
    "-v",
    `${volume}:/data`,
  ];
  // A port of its own, as the network is the machine's.
  const command = ["bin/dreamos", "up", "--port", "0"];
  const image = ["--pull=never", "--name", name, name];
  // Without systemd podman cannot plan health checks and says so; they are run by hand below.
  await engine.podman("run", "-d", ...walls, ...bounds, ...args, ...image, ...command);
}

const healthy = (engine: Engine) =>
  eventually(async () => (await engine.tryPodman("healthcheck", "run", name)).code === 0, {
    what: "a healthy container",
    deadlineMs: 60_000,
    everyMs: 500,
  });

async function tryOut(engine: Engine): Promise<void> {
  const inside = (...args: string[]) => engine.tryPodman("exec", name, ...args);
  await start(engine);
  const early = await engine.tryPodman("healthcheck", "run", name);
  await healthy(engine);
  say(
    "ok    it becomes healthy, by its own health check" +
      (early.code === 0 ? "" : ", and was not before"),
  );
  const user = await inside("id", "-u");
  check("it runs as a user without rights", user.out === "1000", user.out);
  const rights = await inside("grep", "CapEff", "/proc/1/status");
  check("it has no capability", /CapEff:\s+0+$/.test(rights.out), rights.out);
  for (const place of ["/app/x", "/x", "/app/node_modules/x"]) {
    const touched = await inside("touch", place);
    check(`${place} cannot be written`, touched.err.includes("Read-only"), touched.err);
  }
  const ps = await inside("dreamos", "ps", "--json");
  const addresses = JSON.parse(ps.out).items.map(({ address }: { address: string }) => address);
  check("the default swarm runs", addresses.includes("/captain"), ps.out);
  await inside("sh", "-c", "echo 'A transaction is closed by its commit.' > /data/inbox/note.md");
  const recalls = () => inside("dreamos", "recall", "closed transaction", "--json");
  await eventually(async () => JSON.parse((await recalls()).out).items.length > 0, {
    what: "a file that was read",
    deadlineMs: 60_000,
  });
  say("ok    a file dropped into the volume is read");
  await tryToken(engine);
  await engine.podman("stop", "-t", "30", name);
  const code = await engine.podman("inspect", name, "--format", "{{.State.ExitCode}}");
  check("it drains and ends with 0", code === "0", code);
  await engine.podman("rm", name);
  await start(engine);
  await healthy(engine);
  const again = JSON.parse((await recalls()).out);
  check("a new container goes on with the volume", again.items.length === 1, JSON.stringify(again));
  // An agent that has nothing to do has no host.
  await inside("dreamos", "ask", "/captain", "status");
  const view = JSON.parse((await inside("dreamos", "ps", "--json")).out);
  const hosts = new Set(view.items.map(({ hostPid }: { hostPid: number | null }) => hostPid));
  hosts.delete(null);
  const killed = await inside("sh", "-c", `kill -9 ${[...hosts].join(" ")}`);
  check("its hosts can be killed", killed.code === 0 && hosts.size > 0, killed.err);
  const asked = await inside("dreamos", "ask", "/captain", "status");
  check("agents go on after that", asked.code === 0, asked.err);
}

/** The step of compose.yml that makes a token for Prometheus, and Prometheus's view of it. */
async function tryToken(engine: Engine): Promise<void> {
  const compose = await Deno.readTextFile(`${root}compose.yml`);
  const script = /- -c\n {6}- \|\n([\s\S]*?)\n {4}\S/.exec(compose)![1]!;
  const once = ["run", "--rm", "--pull=never", "--network", "host", "--read-only"];
  const bounds = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
  const volumes = ["-v", `${volume}:/data:ro`, "-v", `${tokens}:/tokens`];
  const make = (before = "") =>
    engine.tryPodman(...once, ...bounds, ...volumes, name, "sh", "-c", before + script);
  const made = await make();
  check("compose.yml's token is made", made.code === 0, made.err);
  const again = await make("rm -f /tokens/dreamos-token; ");
  check("and made again when it is lost", again.code === 0, again.err);
  const asNobody = ["--user", "65534:65534", "-v", `${tokens}:/run/secrets:ro`];
  const cat = ["cat", "/run/secrets/dreamos-token"];
  const seen = await engine.tryPodman(...once, ...bounds, ...asNobody, name, ...cat);
  check("Prometheus can read it, as nobody", seen.out.length > 20, seen.err);
  const { url } = JSON.parse(
    (await engine.tryPodman("exec", name, "cat", "/data/service.json")).out,
  );
  const answer = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${seen.out}` },
  });
  check(
    "and gets the numbers with it",
    (await answer.text()).includes("dreamos_"),
    answer.statusText,
  );
}

async function main(): Promise<number> {
  const missing = await missingPackages();
  if (missing.length > 0) {
    console.error(
      `container: ${missing.join(", ")} missing; on Debian: apt-get install ${missing.join(" ")}`,
    );
    return 1;
  }
  const folder = await Deno.makeTempDir({ prefix: "dreamos-container-" });
  const engine = new Engine(folder);
  const clear = async () => {
    await engine.tryPodman("rm", "-f", name);
    await engine.tryPodman("volume", "rm", "-f", volume, tokens);
    await run("rm", ["-rf", folder]);
  };
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => clear().finally(() => Deno.exit(code)));
  }
  try {
    await build(engine, folder);
    await tryOut(engine);
    say("all that the Dockerfile promises holds");
    return 0;
  } catch (error) {
    console.error(`container: ${error instanceof Error ? error.message : error}`);
    console.error((await engine.tryPodman("logs", "--tail", "20", name)).err);
    return 1;
  } finally {
    await clear();
  }
}

Deno.exit(await main());
