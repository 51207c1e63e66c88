/** `/docs`: the document as one page for people. No script, nothing loaded, made once. */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { fieldsOf, type Html, type Schema, typeOf } from "./reference-schema.ts";

interface Media {
  schema: Schema;
  example?: unknown;
}
interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  parameters: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema: Schema;
  }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
interface Document {
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}
interface Placed {
  path: string;
  method: string;
  operation: Operation;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem 2rem 6rem; }
nav ul { columns: 18rem; padding-left: 1rem; }
section { border-top: 1px solid #8886; padding: 0.5rem 0; }
h3 code { font-size: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.875rem; }
pre { overflow: auto; max-height: 30rem; padding: 0.75rem; background: #8881; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; }
th { font-weight: normal; width: 16rem; }
tr + tr { border-top: 1px solid #8883; }
summary { cursor: pointer; }
:target { outline: 2px solid #48f8; outline-offset: 4px; }
`;

const styleHash = createHash("sha256").update(style).digest("base64");

export const referenceHeaders = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-cache",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** @param from what `/openapi.json` answers */
export function referencePage(from: unknown): string {
  const { info, tags, paths, components } = from as Document;
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Placed => ({ path, method, operation }))
  );
  const groups = tags.map(({ name, description }) => ({
    ...{ name, description },
    placed: all.filter(({ operation }) => operation.tags[0] === name),
  }));
  const links = (placed: Placed[]) =>
    placed.map(({ operation: { operationId, summary } }) =>
      html`<li><a href="#${operationId}">${summary}</a></li>`
    );
  return String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>${info.title} ${info.version}: API</title>
        <style>${raw(style)}</style>
      </head>
      <body>
        <h1>${info.title} ${info.version}: API</h1>
        <p>${info.description} The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>
        <nav>${groups.map(({ description, placed }) =>
          html`
            <h2>${description}</h2>
            <ul>${links(placed)}</ul>
          `
        )}<p><a href="#schemas">Schemas</a></p></nav>
        <main>
    ${groups.map(({ name, description, placed }) =>
      html`<h2 id="group-${name}">${description}</h2>${placed.map(operationHtml)}`
    )}
    <h2 id="schemas">Schemas</h2>
    ${Object.entries(components.schemas).map(([name, schema]) =>
      html`<section id="schema-${name}"><h3>${name}</h3>
${schema.description ? html`<p>${String(schema.description)}</p>` : ""}${
        fieldsOf(schema)
      }</section>`
    )}
        </main>
      </body>
    </html>
  `);
}

function operationHtml({ path, method, operation }: Placed): Html {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const rows = parameters.map(({ name, in: place, required, description, schema }) =>
    html`
      <tr>
        <th scope="row"><code>${name}</code> in ${place}${required ? "" : " (may be left out)"}</th>
        <td><code>${typeOf(schema)}</code></td>
        <td>${description ?? ""}</td>
      </tr>
    `
  );
  return html`<section id="${operationId}">
<h3>${summary}</h3>
<p><code>${method.toUpperCase()} ${path}</code></p>
<p>${description}</p>
${
    rows.length > 0
      ? html`
        <h4>Takes</h4>
        <table>${rows}</table>
      `
      : ""
  }
${requestBody ? html`<h4>Body</h4>${mediaHtml(requestBody.content)}` : ""}
<h4>Answers</h4>
${Object.entries(responses).map(([status, response]) => answerHtml(status, response))}
</section>` as Html;
}

function answerHtml(status: string, { description, content }: Operation["responses"][string]) {
  if (!content || Number(status) >= 400) return html`<p><code>${status}</code> ${description}</p>`;
  return html`<p><code>${status}</code> ${description}</p>${mediaHtml(content)}`;
}

function mediaHtml(content: Record<string, Media>) {
  return Object.entries(content).map(([media, { schema, example }]) =>
    html`<p><code>${media}</code></p>${fieldsOf(schema)}
${
      example === undefined ? "" : html`
        <details>
          <summary>Example</summary>
          <pre>${JSON.stringify(example, null, 2)}</pre>
        </details>
      `
    }`
  );
}
