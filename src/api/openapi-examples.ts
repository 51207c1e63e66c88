/** Gives every body of the document an example, put together from those of its parts. */

export type JsonObject = { [key: string]: unknown };

/** `document` with the examples in it. */
export function addExamples(document: JsonObject): JsonObject {
  const schemas = ((document.components as JsonObject).schemas ?? {}) as JsonObject;
  const sample = (schema: unknown) => sampleOf(schema as JsonObject, schemas, []);
  for (const [path, item] of Object.entries(document.paths as Record<string, JsonObject>)) {
    for (const operation of Object.values(item) as JsonObject[]) {
      const { requestBody, responses } = operation as {
        requestBody?: { content?: JsonObject };
        responses: Record<string, { content?: JsonObject }>;
      };
      for (const { content } of [requestBody ?? {}, ...Object.values(responses)]) {
        const json = content?.["application/json"] as JsonObject | undefined;
        if (json && !json.examples && path !== "/openapi.json") json.example = sample(json.schema);
      }
    }
  }
  return document;
}

/** An instance of the schema; `open` names those it is in, as trees would have no end. */
function sampleOf(schema: JsonObject, schemas: JsonObject, open: readonly string[]): unknown {
  const { $ref, examples, anyOf, type, properties, items } = schema as {
    $ref?: string;
    examples?: unknown[];
    anyOf?: JsonObject[];
    type?: string;
    properties?: Record<string, JsonObject>;
    items?: JsonObject;
  };
  if (examples) return examples[0];
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return sampleOf(schemas[name] as JsonObject, schemas, [...open, $ref]);
  }
  if (anyOf) return sampleOf(anyOf[0]!, schemas, open);
  for (const key of ["const", "default"]) if (key in schema) return schema[key];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  switch (type) {
    case "object": {
      const required = Object.entries(properties ?? {});
      return Object.fromEntries([
        ...required.map(([name, one]) => [name, sampleOf(one, schemas, open)]),
        ...keysOf(schema).map((key) => [
          key,
          sampleOf(schema.additionalProperties as JsonObject, schemas, open),
        ]),
      ]);
    }
    case "array":
      return open.includes(String(items?.$ref)) ? [] : [sampleOf(items ?? {}, schemas, open)];
    case "string":
      return "text";
    case "boolean":
      return true;
    case "integer":
    case "number":
      return Math.max(1, Number(schema.minimum ?? 1));
    default:
      return null;
  }
}

/** Keys that a map must have. */
function keysOf({ propertyNames }: JsonObject): string[] {
  return ((propertyNames as { enum?: string[] } | undefined)?.enum) ?? [];
}
