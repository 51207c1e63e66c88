/**
 * Payloads at the door, checked with the schemas of a manifest and without the agent's code (R13).
 * Used by the control process; each schema is compiled at its first use.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { DreamError } from "../errors.ts";
import type { Json, JsonSchema } from "../json.ts";
import type { Manifest } from "./manifest.ts";

export interface Validators {
  /** Whether the manifest names this message type. */
  has(type: string): boolean;
  /** Whether messages of this type are answered. */
  answers(type: string): boolean;
  /** @returns null when it fits, else why not, for people: path and rule, never the payload */
  accepts(type: string, payload: Json): string | null;
  /** Null also where the manifest says nothing about the reply. */
  replies(type: string, reply: Json): string | null;
  /** Null also where the manifest wants no input. */
  input(input: Json): string | null;
}

/**
 * @throws {DreamError} `bad_bundle` from any of its functions, for a schema that cannot be compiled
 */
export function compileManifest(manifest: Manifest): Validators {
  const accepts = lazy(manifest, "accepts");
  const replies = lazy(manifest, "replies");
  let input: ValidateFunction | null = null;
  return {
    has: (type) => Object.hasOwn(manifest.accepts, type),
    answers: (type) => Object.hasOwn(manifest.replies, type),
    accepts: (type, payload) => {
      const validate = accepts(type);
      return validate ? reason(validate, payload, "payload") : `there is no message "${type}"`;
    },
    replies: (type, reply) => {
      const validate = replies(type);
      return validate ? reason(validate, reply, "reply") : null;
    },
    input: (value) => {
      if (manifest.input === null) return null;
      input ??= compile(manifest.input, `input of ${manifest.kind}`);
      return reason(input, value, "input");
    },
  };
}

function lazy(manifest: Manifest, what: "accepts" | "replies") {
  const compiled = new Map<string, ValidateFunction>();
  return (type: string): ValidateFunction | null => {
    const before = compiled.get(type);
    if (before) return before;
    const schemas = manifest[what];
    if (!Object.hasOwn(schemas, type)) return null;
    const validate = compile(schemas[type]!, `${what}.${type} of ${manifest.kind}`);
    compiled.set(type, validate);
    return validate;
  };
}

function compile(schema: JsonSchema, what: string): ValidateFunction {
  // One instance for each schema: ids inside a hostile schema cannot meet those of another.
  const ajv = new Ajv2020({
    strict: false,
    allErrors: false,
    addUsedSchema: false,
    formats: {
      uri: (text: string) => URL.canParse(text),
    },
    // zod gives a pattern beside every other format.
    logger: false,
  });
  try {
    return ajv.compile(schema);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DreamError("bad_bundle", `Cannot read the schema ${what}: ${why.slice(0, 500)}`, {
      cause: error,
    });
  }
}

function reason(validate: ValidateFunction, value: Json, what: string): string | null {
  if (validate(value)) return null;
  const error = validate.errors?.[0];
  if (!error) return `${what} does not fit`;
  const path = error.instancePath.replaceAll("/", ".").slice(0, 200);
  return `${what}${path} ${ruleOf(error.message, error.params)}`;
}

function ruleOf(message: string | undefined, params: Record<string, unknown>): string {
  const allowed = params["allowedValues"] ?? params["allowedValue"];
  const extra = params["additionalProperty"];
  if (allowed !== undefined) return `must be one of ${JSON.stringify(allowed)}`.slice(0, 200);
  if (typeof extra === "string") return `must not have "${extra.slice(0, 80)}"`;
  return (message ?? "does not fit").slice(0, 300);
}
