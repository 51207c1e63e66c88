/** What people, programs and fate do to a simulated world, as a seed says. */
import { type Random, randomOf } from "../torture/random.ts";
import { Client } from "./clients.ts";
import { IntensityWatch } from "./intensity-watch.ts";
import { type Act, type Lane, lanes } from "./words.ts";
import { type Faults, noFaults, type World } from "./world.ts";

const named = ["/a", "/b", "/group/c", "/group/d", "/chain/e", "/chain/f"];
const pooled = ["p1", "p2", "p3", "p4"];
const addresses = [...named, ...pooled.map((name) => `/pool/${name}`)];
/** How bad a world is: most are a little, some are very. */
const badness = [0, 0.3, 1, 1, 3];

export class Driver {
  readonly clients: Client[];
  #world: World;
  #random: Random;
  #trace: (what: string) => void;
  #isQuiet = false;
  #intensity: IntensityWatch;
  #bad: number;
  #faults: Faults;

  constructor(seed: number, world: World, trace: (what: string) => void) {
    this.#world = world;
    this.#trace = trace;
    this.#random = randomOf(seed, "driver");
    this.#bad = this.#random.pick(badness);
    const chance = (most: number) => this.#random.chance(0.5) ? most * this.#bad : 0;
    this.#faults = {
      hang: chance(0.005),
      twice: chance(0.01),
      forged: chance(0.01),
      noPlace: chance(0.05),
      slow: chance(0.05),
      unheard: chance(0.002),
      store: {
        busy: chance(0.02),
        full: chance(0.005),
        reject: chance(0.002),
        fsync: chance(0.001),
      },
    };
    world.faults = this.#faults;
    this.clients = ["ann", "bob", "cat"].map((name) =>
      new Client(name, world, randomOf(seed, name), trace)
    );
    this.#intensity = new IntensityWatch(world);
    this.#next();
  }

  /** Nothing bad and nothing new happens until `stir`. */
  calm(): void {
    this.#isQuiet = true;
    this.#world.faults = noFaults;
    this.#trace("calm");
  }

  stir(): void {
    this.#isQuiet = false;
    this.#world.faults = this.#faults;
    this.#trace("stir");
  }

  #next(): void {
    const random = this.#random;
    const pause = random.chance(0.02) ? random.int(500, 8_000) : random.next() * 40;
    this.#world.scheduler.after(pause, () => {
      this.#next();
      this.#look();
      this.#intensity.look();
      if (!this.#isQuiet && this.#world.system) this.#act();
    });
  }

  /** A process that has ended is started again, as under systemd. */
  #look(): void {
    const world = this.#world;
    if (world.exit === null) return;
    world.kill();
    for (const client of this.clients) client.cutOff();
    world.boot();
  }

  #act(): void {
    const random = this.#random;
    const roll = random.next();
    if (roll < 0.72) return this.#send();
    if (roll < 0.8) return random.pick(this.clients).ask(random.pick(addresses));
    if (roll < 0.84) return this.#spawn();
    if (roll < 0.92) return this.#verb();
    if (random.chance(this.#bad)) this.#harm();
  }

  #send(): void {
    const random = this.#random;
    const targets = random.shuffle(addresses).slice(0, random.chance(0.85) ? 1 : 3);
    random.pick(this.clients).send(targets.map((to) => ({
      to,
      lane: random.chance(0.6) ? "normal" : random.pick(lanes),
      acts: this.#acts(2),
    })));
  }

  #acts(depth: number): Act[] {
    const random = this.#random;
    return Array.from({ length: random.int(0, 3) }, () => this.#one(depth));
  }

  #one(depth: number): Act {
    const random = this.#random;
    const roll = random.next();
    const to = random.pick(addresses);
    if (roll < 0.5 && depth > 0) {
      const lane: Lane = random.chance(0.6) ? "normal" : random.pick(lanes);
      return { do: "tell", to, lane, acts: this.#acts(depth - 1) };
    }
    if (roll < 0.65) return { do: "timer", ms: random.pick([0, 5, 50, 700, 3_000, 9_000]) };
    if (roll < 0.7) return { do: "cancel" };
    if (roll < 0.8) return { do: "ask", to };
    if (roll < 0.86) return { do: "run" };
    if (roll < 0.9) return { do: "spawn", name: random.pick(pooled) };
    if (roll < 0.93) return { do: "stop", address: `/pool/${random.pick(pooled)}` };
    if (roll < 0.945) return { do: "finish" };
    if (roll < 0.945 + 0.02 * this.#bad) return { do: "crash" };
    return { do: "tell", to, lane: "normal", acts: [] };
  }

  #spawn(): void {
    const { system } = this.#world;
    const address = `/pool/${this.#random.pick(pooled)}`;
    this.#trace(`spawn ${address}`);
    this.#quietly(() => system!.spawn({ name: "ann" }, { address, kind: "worker" }));
  }

  #verb(): void {
    const random = this.#random;
    const verb = random.pick(["pause", "resume", "resume", "restart", "stop", "drain", "delete"]);
    const isPool = verb === "stop" || verb === "delete" || verb === "drain";
    const address = isPool ? `/pool/${random.pick(pooled)}` : random.pick(addresses);
    const fresh = verb === "restart" && random.chance(0.4);
    this.carryOut(verb, address, fresh);
  }

  carryOut(verb: string, address: string, fresh = false): void {
    const { system } = this.#world;
    this.#trace(`${verb} ${address}${fresh ? " fresh" : ""}`);
    const input = { verb: verb as "pause", address, ...(fresh ? { fresh } : {}) };
    this.#quietly(() => system!.carryOut({ name: "bob" }, input));
  }

  /** Refusals are as good as anything here. */
  #quietly(act: () => Promise<unknown>): void {
    try {
      act().catch((error) => this.#trace(`refused: ${error.code ?? error.name}`));
    } catch (error) {
      this.#trace(`refused: ${(error as { code?: string }).code}`);
    }
  }

  #harm(): void {
    const random = this.#random;
    const world = this.#world;
    const roll = random.next();
    if (roll < 0.03) return world.kill();
    if (roll < 0.1) {
      const byMs = random.pick([-3_600_000, -2_000, 1_500, 60_000, 3_600_000]);
      this.#trace(`clock set by ${byMs}`);
      return world.scheduler.setWall(byMs);
    }
    if (roll < 0.4) {
      if (world.hosts.sayLate()) this.#trace("late");
      return;
    }
    const threads = random.shuffle(world.hosts.threads);
    if (threads.length === 0) return;
    const reason = random.pick(["exited", "host_lost", "out_of_memory", "bad_frame"] as const);
    const isOne = reason === "exited" || threads[0]!.request.alone || threads.length === 1;
    const group = isOne ? threads.slice(0, 1) : threads.filter((one) => !one.request.alone);
    const lost = group.slice(0, isOne ? 1 : random.int(1, 3));
    this.#trace(`${reason} ${lost.map(({ request }) => request.address)}`);
    for (const thread of lost) {
      thread.lose({ reason, message: "simulated", alone: thread.request.alone });
    }
  }
}
