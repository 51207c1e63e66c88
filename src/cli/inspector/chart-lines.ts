/** A statechart as lines: states by indentation, those that are active marked. */
import type { Json } from "../../json.ts";
import { printable } from "../text.ts";
import type { Line, Part } from "./line.ts";

type Config = { [key: string]: Json };

/** Deeper or longer charts are cut: machines come from agents, and those may be anything. */
const deepest = 12;
const mostLines = 2_000;

/** What the state value of XState names at one level: the active children with their own value. */
type Active = ReadonlyMap<string, Json> | null;

/**
 * Lines of the machine's configuration.
 *
 * @param value XState's state value; null before the first turn
 * @param hasSymbols else in ASCII
 */
export function chartLines(chart: Json, value: Json, hasSymbols: boolean): Line[] {
  const lines: Line[] = [];
  const root = objectOf(chart);
  if (root === null) return lines;
  const marks = hasSymbols
    ? { on: "●", off: "○", final: "◎", arrow: "→" }
    : { on: "*", off: "-", final: "x", arrow: "->" };
  const say = (depth: number, parts: Part[]) => {
    if (lines.length >= mostLines) return;
    lines.push({ parts: [{ text: "  ".repeat(depth) }, ...parts] });
  };
  const visit = (
    name: string,
    config: Config,
    at: { active: boolean; value: Json },
    depth: number,
  ) => {
    const { active } = at;
    const mark = active ? marks.on : config["type"] === "final" ? marks.final : marks.off;
    const about: Part[] = aboutOf(config).map((text) => ({ text: `  ${text}`, tint: "dim" }));
    const shown: Part = active
      ? { text: `${mark} ${printable(name)}`, tint: "green", bold: true }
      : { text: `${mark} ${printable(name)}` };
    say(depth, [
      shown,
      ...(active ? [{ text: "  active", tint: "green" as const }] : []),
      ...about,
    ]);
    for (const text of linesOf(config, marks.arrow)) {
      say(depth + 2, [active ? { text } : { text, tint: "dim" }]);
    }
    if (depth >= deepest) return;
    const below = active ? activeOf(at.value) : null;
    for (const [id, child] of Object.entries(objectOf(config["states"] ?? null) ?? {})) {
      const next = objectOf(child) ?? {};
      const isOn = below?.has(id) ?? false;
      visit(id, next, { active: isOn, value: below?.get(id) ?? null }, depth + 1);
    }
  };
  const id = typeof root["id"] === "string" ? root["id"] : "machine";
  visit(id, root, { active: value !== null, value }, 0);
  if (lines.length >= mostLines) lines.push({ parts: [{ text: "… and more", tint: "dim" }] });
  return lines;
}

function activeOf(value: Json): Active {
  if (typeof value === "string") return new Map([[value, null]]);
  const object = objectOf(value);
  return object && new Map(Object.entries(object));
}

function objectOf(value: Json): Config | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

function listOf(value: Json | undefined): Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function aboutOf(config: Config): string[] {
  const about: string[] = [];
  const { type, initial, tags } = config;
  if (type === "parallel" || type === "history") about.push(type);
  if (type === "final") about.push("final");
  if (typeof initial === "string") about.push(`initial ${printable(initial)}`);
  for (const tag of listOf(tags)) about.push(`#${printable(String(tag))}`);
  return about;
}

/** What a state does: entry and exit, what it invokes, delays, transitions. */
function linesOf(config: Config, arrow: string): string[] {
  const lines: string[] = [];
  for (const when of ["entry", "exit"]) {
    const names = listOf(config[when]).map(nameOf);
    if (names.length > 0) lines.push(`${when} ${names.join(", ")}`);
  }
  for (const invoke of listOf(config["invoke"])) {
    const { src, id, onDone, onError } = objectOf(invoke) ?? {};
    const name = src === undefined ? "" : nameOf(src);
    lines.push(`invoke ${name}${id === undefined || id === name ? "" : ` as ${nameOf(id)}`}`);
    for (const one of listOf(onDone)) lines.push(`  done ${transition(one, arrow)}`);
    for (const one of listOf(onError)) lines.push(`  error ${transition(one, arrow)}`);
  }
  for (const [delay, targets] of Object.entries(objectOf(config["after"] ?? null) ?? {})) {
    const text = /^\d+$/.test(delay) ? `${delay} ms` : printable(delay);
    for (const one of listOf(targets)) lines.push(`after ${text} ${transition(one, arrow)}`);
  }
  for (const one of listOf(config["always"])) lines.push(`always ${transition(one, arrow)}`);
  for (const [type, targets] of Object.entries(objectOf(config["on"] ?? null) ?? {})) {
    for (const one of listOf(targets)) {
      lines.push(`on ${printable(type)} ${transition(one, arrow)}`);
    }
  }
  for (const one of listOf(config["onDone"])) lines.push(`done ${transition(one, arrow)}`);
  return lines;
}

function transition(one: Json, arrow: string): string {
  const config = objectOf(one);
  if (config === null) return `${arrow} ${nameOf(one)}`;
  const { target, guard, actions } = config;
  const names = listOf(actions).map(nameOf);
  const parts = listOf(target).map((to) => `${arrow} ${nameOf(to)}`);
  if (guard !== undefined) parts.push(`if ${nameOf(guard)}`);
  if (names.length > 0) parts.push(`/ ${names.join(", ")}`);
  return parts.join(" ");
}

function nameOf(value: Json): string {
  const type = objectOf(value)?.["type"] ?? value;
  return typeof type === "string" ? printable(type) : "inline";
}
