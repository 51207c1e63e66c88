/** What those who follow turns are shown. */
import type { Address } from "../address.ts";
import type { Json } from "../json.ts";

/** One durable turn, for whoever follows the agent. */
export interface TurnView {
  address: Address;
  kind: string;
  /** The machine's configuration as JSON; null when it is too large. */
  chart: string | null;
  turn: number;
  atMs: number;
  status: string;
  value: Json;
  tags: string[];
  envelopes: { id: string; kind: string; from: string; type: string; payload: Json }[];
  /** The stored actor with its children; tagged values stay tagged. */
  root: Json;
}

/** Neither may wait or throw. */
export interface TurnFollower {
  turn(view: TurnView): void;
  end(): void;
}
