/** What stands at the beginning of a backup and says what is in it. */
import { z } from "zod";
import { DreamError } from "./errors.ts";

/** The file that holds it, and those that may come after it. */
export const manifestName = "manifest.json";
export const configName = "config.json";
export const databaseName = "dreamos.db";
export const mostManifestBytes = 64 * 1024;

const count = z.int().min(0);
const file = z.strictObject({
  name: z.enum([configName, databaseName]),
  sizeBytes: count,
  /** Hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Fields that a later version adds are passed over; another `format` is not read at all. */
const manifest = z.object({
  what: z.literal("dreamos-backup"),
  format: z.literal(1),
  /** Of the program that made it. */
  version: z.string().max(100),
  /** Of the database. */
  schema: z.int().min(1),
  madeAtMs: count,
  /** HOME it was made of. */
  home: z.string().max(4_096),
  /** The swarm that ran; its source is not in the backup. */
  swarm: z.string().max(4_096),
  counts: z.record(z.string().max(40), count),
  files: z.array(file).min(1).max(2),
  /** What HOME holds and a backup does not. */
  leftOut: z.array(z.string().max(200)).max(20),
});

export type BackupManifest = z.output<typeof manifest>;

/** Not in a backup: who has one should not be let in by it, and the others are no state. */
export const leftOut = ["token", "TLS files", "logs/", "inbox/", "source of the swarm"];

/**
 * @param path of the backup, for the message
 * @throws {DreamError} `bad_backup`
 */
export function parseManifest(text: string, path: string): BackupManifest {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw badBackup(path, "its manifest is not JSON");
  }
  const result = manifest.safeParse(data);
  if (result.success) return result.data;
  const { format } = data as { format?: unknown };
  if (typeof format === "number" && format > 1) {
    throw badBackup(path, `its format is ${format}, this program knows up to 1`);
  }
  const issue = result.error.issues[0]!;
  throw badBackup(path, `its manifest: ${issue.path.join(".") || "the whole"}: ${issue.message}`);
}

/** Sizes as a person reads them. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** The refusal of a file that is no whole backup. */
export function badBackup(path: string, why: string): DreamError {
  return new DreamError("bad_backup", `Cannot use ${path} as a backup: ${why}`);
}
