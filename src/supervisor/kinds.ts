/** The kinds of agents that this system knows: bundle, manifest and compiled schemas by hash. */
import { compileManifest, type Validators } from "../actors/validate.ts";
import type { Manifest } from "../actors/manifest.ts";
import { DreamError } from "../errors.ts";
import type { Bundle } from "../host/hosts.ts";
import type { Store } from "../storage/store.ts";

/** What all its agents share: a deployment changes it in place, so that they all have it. */
export interface Kind {
  readonly name: string;
  hash: string;
  manifest: Manifest;
  schemas: Validators;
}

export class Kinds {
  #newest = new Map<string, Kind>();
  #byHash = new Map<string, Kind>();
  #code = new Map<string, Promise<Bundle>>();
  #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads what was deployed before, so that stored agents find their bundles. */
  async load(): Promise<void> {
    for (const row of await this.#store.bundles()) {
      this.#add(row.agent, row.hash, JSON.parse(row.manifest));
    }
  }

  /** Makes `bundle` the newest of kind `name`; stored by hash, so the same code is stored once. */
  async deploy(name: string, bundle: Bundle, manifest: Manifest, atMs: number): Promise<Kind> {
    if (manifest.kind !== name) {
      throw new DreamError(
        "bad_bundle",
        `Cannot deploy kind "${name}": its module defines kind "${manifest.kind}"`,
      );
    }
    const known = this.#newest.get(name);
    if (known?.hash === bundle.hash) return known;
    await this.#store.commit([{
      op: "bundle",
      row: {
        hash: bundle.hash,
        code: bundle.code,
        manifest: JSON.stringify(manifest),
        agent: name,
        deployedAtMs: atMs,
      },
    }]);
    this.#code.set(bundle.hash, Promise.resolve(bundle));
    return this.#add(name, bundle.hash, manifest);
  }

  /** @throws {DreamError} `kind_not_found` with the kinds there are */
  newest(name: string): Kind {
    const kind = this.#newest.get(name);
    if (kind) return kind;
    const known = [...this.#newest.keys()].sort().join(", ") || "none";
    throw new DreamError(
      "kind_not_found",
      `Cannot find kind "${name.slice(0, 80)}": have ${known}`,
    );
  }

  find(name: string): Kind | undefined {
    return this.#newest.get(name);
  }

  byHash(hash: string): Kind | undefined {
    return this.#byHash.get(hash);
  }

  /** The code itself, read once. */
  bundle(hash: string): Promise<Bundle> {
    let code = this.#code.get(hash);
    if (!code) {
      code = this.#read(hash);
      this.#code.set(hash, code);
      // What cannot be read now may be another time.
      code.catch(() => this.#code.delete(hash));
    }
    return code;
  }

  async #read(hash: string): Promise<Bundle> {
    const row = await this.#store.bundle(hash);
    if (row) return { hash, code: row.code };
    throw new DreamError("bad_bundle", `Cannot start an agent: its bundle ${hash} is not stored`);
  }

  /** Forgets code that is neither the newest of a kind nor in `kept`; it can be read again. */
  forgetCode(kept: ReadonlySet<string>): void {
    const newest = new Set([...this.#newest.values()].map(({ hash }) => hash));
    for (const hash of [...this.#code.keys()]) {
      if (!newest.has(hash) && !kept.has(hash)) this.#code.delete(hash);
    }
  }

  #add(name: string, hash: string, manifest: Manifest): Kind {
    const made: Kind = { name, hash, manifest, schemas: compileManifest(manifest) };
    this.#byHash.set(hash, made);
    const kind = Object.assign(this.#newest.get(name) ?? { name }, made);
    this.#newest.set(name, kind);
    return kind;
  }
}
