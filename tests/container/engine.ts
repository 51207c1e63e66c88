/** Builds and runs images without a service of Docker's: buildah and podman, from Debian. */
import { join } from "node:path";
import { type Ended, run } from "../support/program.ts";

/** Debian's names of what is needed; all of them want root or a user with namespaces of its own. */
const packages = ["buildah", "podman", "runc", "debootstrap"];

/** Runs a program; anything but 0 ends the whole. */
async function must(program: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await run(program, args);
  if (code === 0) return out;
  throw new Error(
    `${program} ${args.slice(0, 6).join(" ")} … ended with ${code}: ${err.slice(-800)}`,
  );
}

export async function missingPackages(): Promise<string[]> {
  const found = await Promise.all(packages.map(async (name) => {
    const { code } = await run("sh", ["-c", `command -v ${name}`]);
    return code === 0 ? [] : [name];
  }));
  return found.flat();
}

/** Images, containers and volumes in one folder, which is removed as a whole. */
export class Engine {
  readonly #storage: string[];

  constructor(folder: string) {
    const driver = ["--storage-driver", "vfs"];
    this.#storage = [
      ...driver,
      ...["--root", join(folder, "images"), "--runroot", join(folder, "run")],
    ];
  }

  buildah(...args: string[]): Promise<string> {
    return must("buildah", ...this.#storage, ...args);
  }

  podman(...args: string[]): Promise<string> {
    return must("podman", ...this.#podman(args));
  }

  tryPodman(...args: string[]): Promise<Ended> {
    return run("podman", this.#podman(args));
  }

  /** crun wants version 2 of control groups, which not every machine has. */
  #podman(args: string[]): string[] {
    const runtime = ["--runtime", "runc", "--cgroup-manager", "cgroupfs"];
    return [...this.#storage, ...runtime, ...args];
  }
}

/**
 * Makes the image that a Dockerfile begins with: the real one where a registry can be reached, else
 * a small Debian with this machine's Node and npm in it.
 *
 * @returns what it is, in words
 */
export async function makeBase(engine: Engine, name: string, folder: string): Promise<string> {
  const image = `docker.io/library/${name}`;
  const pulled = await engine.buildah("pull", "--retry", "0", "-q", image)
    .then(() => true, () => false);
  if (pulled) return `${name} of the registry`;
  const root = join(folder, "base");
  await must("debootstrap", "--variant=minbase", "--include=libstdc++6", "bookworm", root);
  const node = await must("node", "-p", "process.execPath");
  await must("cp", "-L", node, join(root, "usr/local/bin/node"));
  const npm = await must("npm", "root", "-g");
  await must("mkdir", "-p", join(root, "usr/local/lib/node_modules"));
  await must("cp", "-rL", join(npm, "npm"), join(root, "usr/local/lib/node_modules/npm"));
  const cli = "../lib/node_modules/npm/bin/npm-cli.js";
  await must("ln", "-s", cli, join(root, "usr/local/bin/npm"));
  await must("chroot", root, "useradd", "-m", "-u", "1000", "node");
  const container = await engine.buildah("from", "scratch");
  await engine.buildah("add", "-q", container, root, "/");
  // Whoever stands between this machine and the registry of packages is trusted there too.
  const authorities = Deno.env.get("NODE_EXTRA_CA_CERTS");
  if (authorities) {
    const inside = "/etc/ssl/extra.pem";
    await engine.buildah("add", "-q", container, authorities, inside);
    await engine.buildah("config", "--env", `NODE_EXTRA_CA_CERTS=${inside}`, container);
  }
  await engine.buildah("commit", "-q", "--rm", "--format", "docker", container, image);
  return "a small Debian with this machine's Node, as no registry of images could be reached";
}
