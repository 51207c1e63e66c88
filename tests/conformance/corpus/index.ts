/** All cases, by group. */
import type { Case } from "../case.ts";
import { acts } from "./acts.ts";
import { children } from "./children.ts";
import { timing } from "./delays.ts";
import { outside } from "./outside.ts";
import { regions } from "./regions.ts";
import { spawned } from "./spawned.ts";
import { states } from "./states.ts";

export const corpus: Record<string, Case[]> = {
  states,
  regions,
  timing,
  acts,
  children,
  spawned,
  outside,
};

export const allCases: Case[] = Object.values(corpus).flat();
