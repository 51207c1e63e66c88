/** What processes run, as the kernel tells it: to find what was left behind. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/** One incarnation of a pid: the start time tells it from a later process of the same number. */
export interface ProcessMark {
  pid: number;
  /** Clock ticks after boot; empty where the system does not tell. */
  startedAt: string;
}

interface Stat {
  parent: number;
  startedAt: string;
  isZombie: boolean;
}

/** Whether the system has `/proc`; without it only pids that were noted can be looked at. */
export const hasProc = Deno.build.os === "linux";

function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in brackets may hold anything, brackets and spaces included.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const isZombie = fields[0] === "Z" || fields[0] === "X";
    return { parent: Number(fields[1]), startedAt: fields[19]!, isZombie };
  } catch {
    return null;
  }
}

function allPids(): number[] {
  if (!hasProc) return [];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Null when no such process runs. */
export function markOf(pid: number): ProcessMark | null {
  if (!hasProc) return answersSignal(pid) ? { pid, startedAt: "" } : null;
  const stat = readStat(pid);
  return stat && !stat.isZombie ? { pid, startedAt: stat.startedAt } : null;
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** Whether exactly this process still runs; one that has ended but was not waited for does not. */
export function isRunning({ pid, startedAt }: ProcessMark): boolean {
  return markOf(pid)?.startedAt === startedAt;
}

/** `pid` and everything that it started and that has not left it. */
export function familyOf(pid: number): ProcessMark[] {
  const children = new Map<number, number[]>();
  for (const one of allPids()) {
    const parent = readStat(one)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const found: ProcessMark[] = [];
  const visit = (one: number) => {
    const mark = markOf(one);
    if (mark) found.push(mark);
    for (const child of children.get(one) ?? []) visit(child);
  };
  visit(pid);
  return found;
}

/** Processes of ours that name `folder` in command line, environment or current folder. */
export function processesNaming(folder: string): ProcessMark[] {
  return allPids().flatMap((pid) => {
    if (pid === process.pid || !names(pid, folder)) return [];
    const mark = markOf(pid);
    return mark ? [mark] : [];
  });
}

function names(pid: number, folder: string): boolean {
  const read = (act: () => string) => {
    try {
      return act();
    } catch {
      return "";
    }
  };
  return read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")).includes(folder) ||
    read(() => readFileSync(`/proc/${pid}/environ`, "utf8")).includes(folder) ||
    read(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(folder);
}

/** The command line, for a report. */
export function commandLine({ pid }: ProcessMark): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim().slice(0, 300);
  } catch {
    return "?";
  }
}

/** `kill -9`. @returns whether it was there */
export function kill9(mark: ProcessMark): boolean {
  if (!isRunning(mark)) return false;
  try {
    process.kill(mark.pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
