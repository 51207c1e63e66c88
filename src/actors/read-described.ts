/** The manifest of a bundle as a thread claims it: checked before it is believed (R5, R13). */
import { longestChart } from "./chart.ts";
import type { JsonSchema } from "../json.ts";
import { badFrame, fields, list, quote, text, textOrNull, whole } from "./hostile.ts";
import type { Manifest } from "./manifest.ts";
import { isReservedType } from "./reserved-type.ts";
import type { Described } from "./protocol.ts";

/** Manifests are words and schemas; more is an attempt on memory. */
const mostBytes = 512 * 1024;
const mostTypes = 1_000;
const mostNames = 200;
const kindName = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/**
 * Reads the answer of a thread that was asked what its bundle is.
 *
 * @throws {DreamError} `bad_frame`
 */
export function readDescribed(value: unknown): Described {
  const described = fields(value, "the description");
  if (described["ok"] === false) {
    const error = fields(described["error"], "error");
    return {
      ok: false,
      error: {
        name: text(error["name"], "error.name", 1_000),
        message: text(error["message"], "error.message", 10_000),
        stack: textOrNull(error["stack"], "error.stack", 10_000),
      },
    };
  }
  if (described["ok"] !== true) throw badFrame("the description is neither ok nor an error");
  return { ok: true, manifest: readManifest(described["manifest"]) };
}

function readManifest(value: unknown): Manifest {
  const manifest = fields(value, "manifest");
  if (JSON.stringify(manifest).length > mostBytes) {
    throw badFrame(`the manifest is larger than ${mostBytes} characters`);
  }
  const kind = text(manifest["kind"], "manifest.kind", 64);
  if (!kindName.test(kind)) throw badFrame(`manifest.kind is ${quote(kind)}`);
  const needs = fields(manifest["needs"], "manifest.needs");
  const accepts = schemas(manifest["accepts"], "accepts");
  const reserved = Object.keys(accepts).find((type) => type === "" || isReservedType(type));
  if (reserved !== undefined) throw badFrame(`manifest.accepts has ${quote(reserved)}`);
  const input = manifest["input"];
  return {
    kind,
    version: whole(manifest["version"], "manifest.version", 1),
    accepts,
    replies: schemas(manifest["replies"], "replies"),
    input: input === null ? null : fields(input, "manifest.input") as JsonSchema,
    needs: { calls: names(needs["calls"], "calls"), read: names(needs["read"], "read") },
    system: names(manifest["system"], "system").filter((type) => type.startsWith("system.")),
    chart: textOrNull(manifest["chart"] ?? null, "manifest.chart", longestChart),
  };
}

function schemas(value: unknown, what: string): Record<string, JsonSchema> {
  const entries = Object.entries(fields(value, `manifest.${what}`));
  list(entries, `manifest.${what}`, mostTypes);
  const read: Record<string, JsonSchema> = Object.create(null);
  for (const [type, schema] of entries) {
    read[text(type, `manifest.${what}`, 256)] = fields(schema, `manifest.${what}`) as JsonSchema;
  }
  return { ...read };
}

function names(value: unknown, what: string): string[] {
  return list(value, `manifest.${what}`, mostNames).map((name) =>
    text(name, `manifest.${what}`, 1_024)
  );
}
