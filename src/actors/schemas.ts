/**
 * Zod schemas to JSON Schema (draft 2020-12), refusing what JSON Schema cannot say (R13): the door
 * checks payloads without the agent's code, so a rule that only code knows would never be kept.
 */
import { z } from "zod";
import { DreamError } from "../errors.ts";
import type { JsonSchema } from "../json.ts";

/** Kinds of schema that change or hide what they check. */
const unsayable: Record<string, string> = {
  pipe: "a transform or pipe",
  transform: "a transform",
  default: "a default (make it optional and fill it in the machine)",
  prefault: "a default (make it optional and fill it in the machine)",
  catch: "a catch",
  custom: "a custom check",
  file: "a file",
  promise: "a promise",
  function: "a function",
};

interface Def {
  type: string;
  checks?: { _zod: { def: { check: string } } }[];
}

/**
 * @param path where the schema stands, for the message: `accepts.summarize`
 * @throws {DreamError} `bad_bundle` with the path
 */
export function jsonSchemaOf(schema: unknown, path: string): JsonSchema {
  if (!(schema instanceof z.ZodType)) {
    throw bad(path, "is no zod schema; use z of dreamos");
  }
  try {
    const made = z.toJSONSchema(schema, {
      target: "draft-2020-12",
      io: "input",
      override: ({ zodSchema, path: inner }) => checkDef(zodSchema._zod.def, path, inner),
    });
    const { $schema: _, ["~standard"]: __, ...rest } = made;
    return rest as JsonSchema;
  } catch (error) {
    if (error instanceof DreamError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw bad(path, `cannot be: ${reason}. Messages are JSON: a date is z.iso.datetime()`);
  }
}

function checkDef(def: unknown, path: string, inner: readonly (string | number)[]): void {
  const { type, checks } = def as Def;
  const at = [path, ...inner].join(".");
  if (Object.hasOwn(unsayable, type)) {
    throw bad(at, `has ${unsayable[type]}, which JSON Schema cannot say`);
  }
  for (const check of checks ?? []) {
    const kind = check._zod.def.check;
    if (kind === "custom" || kind === "overwrite") {
      const what = kind === "custom" ? "a refinement" : "a change such as trim";
      throw bad(at, `has ${what}, which JSON Schema cannot say; check it in the machine`);
    }
  }
}

/** Checks the schema of a message's payload: an object without the keys that events use. */
export function payloadSchemaOf(schema: unknown, path: string): JsonSchema {
  const made = jsonSchemaOf(schema, path);
  const parts = [made, ...alternatives(made["anyOf"]), ...alternatives(made["oneOf"])];
  for (const part of parts) {
    if (part === made && parts.length > 1) continue;
    if (part["type"] !== "object") throw bad(path, "must be an object: z.object({ … })");
  }
  for (const part of parts) {
    for (const key of ["type", "envelope"]) {
      if (Object.hasOwn(Object(part["properties"]), key)) {
        throw bad(path, `has the key "${key}", which events use; choose another name`);
      }
    }
  }
  return made;
}

function alternatives(list: unknown): JsonSchema[] {
  return Array.isArray(list) ? list as JsonSchema[] : [];
}

function bad(path: string, why: string): DreamError {
  return new DreamError("bad_bundle", `${path} ${why}`, { details: { path } });
}
