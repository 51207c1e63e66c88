/** All that the screen shows and where the person is in it: plain data, without behaviour. */
import type {
  AgentDetail,
  CheckpointView,
  DeadLetterView,
  EventView,
  LogEntry,
  MessageView,
  SystemStatus,
} from "../../api/client.ts";
import type { Json } from "../../json.ts";
import { Swarm } from "./swarm.ts";

export const pages = [
  "machine",
  "context",
  "messages",
  "timers",
  "restarts",
  "checkpoints",
  "letters",
  "log",
] as const;
export type PageName = (typeof pages)[number];

/** Which rows the tree shows. */
export const filters = ["all", "trouble", "mail", "awake"] as const;
export type FilterName = (typeof filters)[number];

/** What is known about the agent, or supervisor, that is looked at; null until it came. */
export interface Facts {
  detail: AgentDetail | null;
  /** The machine's configuration. */
  chart: Json;
  messages: readonly MessageView[] | null;
  checkpoints: readonly CheckpointView[] | null;
  letters: readonly DeadLetterView[] | null;
  events: readonly EventView[] | null;
  log: readonly LogEntry[] | null;
  /** Why the newest reading failed. */
  error: string | null;
}

export interface Look {
  address: string;
  page: PageName;
  /** First line shown. */
  top: number;
  /** Row of a list that is chosen. */
  row: number;
  /** Follows the end of the log. */
  isAtEnd: boolean;
  /** The row's whole content is shown. */
  isOpen: boolean;
  facts: Facts;
}

/** Something that the screen wants from the outside. */
export type Want =
  | { do: "quit" | "suspend" | "redraw" }
  | { do: "look"; address: string; page: PageName }
  | { do: "leave" }
  /** Further children of a supervisor; what an agent accepts; who sends it most. */
  | { do: "more" | "types" | "cause"; address: string }
  /** Agents that the service did not list. */
  | { do: "find"; search: string }
  | {
    do: "verb";
    verb: "pause" | "resume" | "restart" | "stop" | "drain" | "delete";
    address: string;
    fresh?: boolean;
    fromCheckpoint?: number;
  }
  | { do: "send" | "ask"; to: string; type: string; payload: Json }
  | { do: "replay" | "drop"; letter: number };

export type Mode =
  | { name: "browse" }
  | { name: "search" }
  | { name: "restart"; address: string }
  | { name: "confirm"; question: string; want: Want }
  | {
    name: "write";
    what: "send" | "ask";
    to: string;
    text: string;
    at: number;
    types: readonly string[];
  }
  | { name: "help"; top: number }
  /** A text to read, such as a reply. */
  | { name: "text"; title: string; lines: readonly string[]; top: number };

/** How it stands with the service. */
export interface Link {
  status: "connecting" | "up" | "lost";
  why: string;
  /** Epoch ms. */
  sinceMs: number;
}

export interface State {
  columns: number;
  rows: number;
  nowMs: number;
  url: string;
  link: Link;
  system: SystemStatus | null;
  turnsPerSecond: number;
  swarm: Swarm;
  /** Dead letters by the address that they were for. */
  letters: ReadonlyMap<string, number>;
  /** The newest durable event, in words. */
  lastEvent: EventView | null;
  closed: Set<string>;
  filter: FilterName;
  search: string;
  /** Address of the chosen row of the tree. */
  chosen: string;
  /** First row of the tree that is shown. */
  top: number;
  look: Look | null;
  mode: Mode;
  notice: { text: string; isBad: boolean; untilMs: number } | null;
  /** What was last done, for doing it again. */
  last: Want | null;
  hasSymbols: boolean;
}

/** Before anything is known. */
export function emptyState(url: string, nowMs: number, hasSymbols: boolean): State {
  return {
    columns: 80,
    rows: 24,
    nowMs,
    url,
    link: { status: "connecting", why: "", sinceMs: nowMs },
    system: null,
    turnsPerSecond: 0,
    swarm: new Swarm(),
    letters: new Map(),
    lastEvent: null,
    closed: new Set(),
    filter: "all",
    search: "",
    chosen: "/",
    top: 0,
    look: null,
    mode: { name: "browse" },
    notice: null,
    last: null,
    hasSymbols,
  };
}

/** Nothing known yet. */
export function noFacts(): Facts {
  return {
    detail: null,
    chart: null,
    messages: null,
    checkpoints: null,
    letters: null,
    events: null,
    log: null,
    error: null,
  };
}
