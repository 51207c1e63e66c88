/** `$inbox` in a swarm file stands for the configured inbox folder; other folders are absolute. */
import { dirname, resolve } from "node:path";
import type { Config } from "./config.ts";
import type { Json } from "./json.ts";
import type { ChildSpec, SwarmSpec } from "./swarm.ts";

/** The swarm with every folder of its grants and adapters as an absolute path. */
export function resolveFolders(swarm: SwarmSpec, config: Config): SwarmSpec {
  const from = dirname(config.swarm);
  const folder = (name: string) => name === "$inbox" ? config.inbox : resolve(from, name);
  const visit = (spec: ChildSpec): ChildSpec => {
    switch (spec.type) {
      case "supervisor":
        return { ...spec, children: spec.children.map(visit) };
      case "adapter": {
        const options = Object.entries(spec.options).map(([key, value]): [string, Json] => [
          key,
          key === "folder" && typeof value === "string" ? folder(value) : value,
        ]);
        return { ...spec, options: Object.fromEntries(options) };
      }
      default:
        return { ...spec, grants: { ...spec.grants, files: spec.grants.files.map(folder) } };
    }
  };
  return { ...swarm, children: swarm.children.map(visit) };
}

/** Every folder that some agent or adapter of the swarm may read. */
export function foldersOf(swarm: SwarmSpec): string[] {
  const folders = new Set<string>();
  const visit = (spec: ChildSpec) => {
    if (spec.type === "supervisor") spec.children.forEach(visit);
    else if (spec.type === "adapter") {
      if (typeof spec.options.folder === "string") folders.add(spec.options.folder);
    } else spec.grants.files.forEach((name) => folders.add(name));
  };
  swarm.children.forEach(visit);
  return [...folders];
}
