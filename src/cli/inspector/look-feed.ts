/** Reads what is shown about one agent, while somebody looks at it. */
import type { Client, EventView, LogEntry } from "../../api/client.ts";
import type { Clock } from "../../clock.ts";
import { isWithin } from "../../address.ts";
import { toErrorData } from "../../errors.ts";
import type { Facts, State } from "./state.ts";
import { takeFacts } from "./take-facts.ts";
import { within } from "./within.ts";

const everyMs = 500;
const silentMs = 3_000;
const mostRows = 200;
const mostLog = 1_000;
/** What happened before the look began is told for so long. */
const historySince = "1h";

interface LookFeedOptions {
  state: State;
  clock: Clock;
  /** Null while there is no service. */
  client(): Client | null;
  changed(): void;
}

export class LookFeed {
  #options: LookFeedOptions;
  #isReading = false;
  #again = false;
  #cancel = () => {};
  #log: { address: string; controller: AbortController } | null = null;
  #bundle: string | null = null;

  constructor(options: LookFeedOptions) {
    this.#options = options;
  }

  /** Ends all reading. */
  stop(): void {
    this.#cancel();
    this.#log?.controller.abort();
    this.#log = null;
  }

  /** Reads what the page that is open shows, now and again. */
  refresh(): void {
    this.#cancel();
    if (this.#isReading) return void (this.#again = true);
    const { look } = this.#options.state;
    if (!look || look.page !== "log") this.#endLog();
    if (!look) return;
    this.#isReading = true;
    this.#read().catch((error) => {
      if (this.#options.state.look === look) look.facts.error = toErrorData(error).message;
    }).finally(() => {
      this.#isReading = false;
      this.#options.changed();
      if (this.#again) {
        this.#again = false;
        return this.refresh();
      }
      this.#cancel = this.#options.clock.after(everyMs, () => this.refresh());
    });
  }

  /** Something happened; it is shown when it is about the agent. */
  happened(event: EventView): void {
    const { look } = this.#options.state;
    if (!look?.facts.events || event.address === null) return;
    if (!isWithin(event.address, look.address)) return;
    look.facts.events = [...look.facts.events, event].slice(-mostRows);
  }

  async #read(): Promise<void> {
    const { state, clock } = this.#options;
    const client = this.#options.client();
    const look = state.look!;
    const { address, page } = look;
    if (!client || state.link.status !== "up") return;
    const read = <T>(act: () => Promise<T>) => within(clock, silentMs, act);
    const isAgent = (state.swarm.find(address)?.type ?? "agent") === "agent";
    const facts: Partial<Facts> = { error: null };
    if (isAgent && ["machine", "context", "timers"].includes(page)) {
      facts.detail = await read(() => client.agent(address));
      if (look.facts.detail === null || this.#bundle !== facts.detail.bundle) {
        facts.chart = (await read(() => client.machine(address))).chart;
        this.#bundle = facts.detail.bundle;
      }
    } else if (page === "messages") {
      facts.messages = (await read(() => client.messages({ to: address, limit: mostRows }))).items;
    } else if (page === "checkpoints" && isAgent) {
      facts.checkpoints = (await read(() => client.checkpoints(address))).items;
    } else if (page === "letters") {
      const to = isAgent ? { to: address } : {};
      const { items } = await read(() => client.deadLetters({ ...to, limit: mostRows }));
      facts.letters = items.filter(({ envelope }) => isWithin(envelope.to, address));
    } else if (page === "restarts" && look.facts.events === null) {
      facts.events = await read(() => this.#history(client, address));
    } else if (page === "log") {
      if (this.#log?.address !== address) await read(() => this.#followLog(client, address));
    } else if (!isAgent) facts.error = `${address} is a supervisor: this page is of agents`;
    if (state.look?.address === address) takeFacts(state.look, facts);
  }

  async #history(client: Client, under: string): Promise<EventView[]> {
    const events: EventView[] = [];
    for await (const event of await client.events({ under, since: historySince, follow: false })) {
      events.push(event);
      if (events.length > 2 * mostRows) events.splice(0, mostRows);
    }
    return events.slice(-mostRows);
  }

  #endLog(): void {
    this.#log?.controller.abort();
    this.#log = null;
  }

  /** The newest lines, and from then on each that comes. */
  async #followLog(client: Client, under: string): Promise<void> {
    const { state, changed } = this.#options;
    this.#endLog();
    const controller = new AbortController();
    this.#log = { address: under, controller };
    const { signal } = controller;
    const coming = await client.followLogs({ under, signal });
    const { items } = await client.logs({ under, limit: mostRows });
    const seen = items.reverse();
    const show = (entries: LogEntry[]) => {
      if (state.look?.address === under) state.look.facts.log = entries.slice(-mostLog);
      changed();
    };
    show(seen);
    const last = seen.at(-1)?.seq ?? 0;
    const follow = async () => {
      for await (const entry of coming) {
        if (entry.seq > last) show([...state.look?.facts.log ?? [], entry]);
      }
    };
    follow().catch(() => {}).finally(() => {
      if (this.#log?.controller === controller) this.#log = null;
    });
  }
}
