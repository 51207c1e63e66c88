/** Schemas of the document as people read them: types in a line or in a block, with links. */
import { html, raw } from "hono/html";

export type Html = ReturnType<typeof raw>;
export type Schema = { [key: string]: unknown };

const nameOf = (ref: string) => ref.slice(ref.lastIndexOf("/") + 1);

/** In a few words: `string`, `Agent[]`, `number | null`. */
export function typeOf(schema: Schema): Html {
  const { $ref, anyOf, type, items } = schema as {
    $ref?: string;
    anyOf?: Schema[];
    type?: string;
    items?: Schema;
  };
  if ($ref !== undefined) {
    const name = nameOf($ref);
    return html`<a href="#schema-${name}">${name}</a>` as Html;
  }
  if (anyOf) return join(anyOf.map(typeOf), " | ");
  if ("const" in schema) return text(JSON.stringify(schema.const));
  if (Array.isArray(schema.enum)) {
    return text(schema.enum.map((value) => JSON.stringify(value)).join(" | "));
  }
  if (type === "array") return html`${typeOf(items ?? {})}[]` as Html;
  if (type === "object" && !schema.properties && typeof schema.additionalProperties === "object") {
    return html`{ [name]: ${typeOf(schema.additionalProperties as Schema)} }` as Html;
  }
  if (type === "object" && schema.properties) {
    const fields = Object.entries(schema.properties as Record<string, Schema>);
    return html`{ ${join(fields.map(([name, one]) => field(name, one)), "; ")} }` as Html;
  }
  return text(type ?? "any JSON");
}

const field = (name: string, schema: Schema) => html`${name}: ${typeOf(schema)}` as Html;

/** Each field of an object with what it means; other schemas in a line. */
export function fieldsOf(schema: Schema): Html {
  const { properties, required = [], anyOf } = schema as {
    properties?: Record<string, Schema>;
    required?: string[];
    anyOf?: Schema[];
  };
  if (anyOf?.some((one) => one.properties)) return join(anyOf.map(fieldsOf), "");
  if (!properties) return html`<p><code>${typeOf(schema)}</code></p>` as Html;
  const rows = Object.entries(properties).map(([name, one]) =>
    html`
      <tr>
        <th scope="row"><code>${name}</code>${required.includes(name)
          ? ""
          : " (may be left out)"}</th>
        <td><code>${typeOf(one)}</code>${boundsOf(one)}</td>
        <td>${String(one.description ?? "")}</td>
      </tr>
    ` as Html
  );
  return html`<table>${rows}</table>` as Html;
}

/** What a value must keep to beside its type. */
function boundsOf(schema: Schema): string {
  const named: [string, string][] = [
    ["minimum", "at least"],
    ["maximum", "at most"],
    ["minLength", "characters at least"],
    ["maxLength", "characters at most"],
    ["pattern", "of the form"],
    ["default", "usually"],
  ];
  const far = Number.MAX_SAFE_INTEGER;
  const told = named.filter(([key]) => key in schema && Math.abs(Number(schema[key])) !== far)
    .map(([key, words]) => `${words} ${schema[key]}`);
  return told.length > 0 ? ` ${told.join(", ")}` : "";
}

function text(value: string): Html {
  return html`${value}` as Html;
}

function join(parts: Html[], between: string): Html {
  return html`${parts.map((part, index) => index === 0 ? part : html`${between}${part}`)}` as Html;
}
