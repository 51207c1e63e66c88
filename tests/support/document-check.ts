/** Holds real answers to what `/openapi.json` says of them: status, fields, codes, nothing else. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type JsonObject = { [key: string]: unknown };
interface Operation {
  responses: Record<string, { content?: Record<string, { schema: unknown; examples?: object }> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
}

export class DocumentCheck {
  /** `METHOD /path STATUS` of all answers that were held to the document. */
  readonly seen = new Set<string>();
  #document: Document;
  #ajv = new Ajv2020({ strict: false, allErrors: true });
  #compiled = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.#document = structuredClone(document);
    close(this.#document);
    this.#ajv.addSchema(this.#document, "document");
  }

  static async of(url: string): Promise<DocumentCheck> {
    return new DocumentCheck(await (await fetch(`${url}/openapi.json`)).json());
  }

  /** All `METHOD /path` there are. */
  get operations(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)
    );
  }

  /** @throws when the document does not allow this answer; a path without a route is let go by */
  async check(method: string, url: string, response: Response): Promise<void> {
    const media = response.headers.get("content-type")?.split(";")[0] ?? "";
    const body = media === "application/json" ? await response.clone().text() : null;
    this.checkText(method, url, { status: response.status, media, body });
  }

  checkText(
    method: string,
    url: string,
    { status, media, body }: { status: number; media: string; body: string | null },
  ): void {
    const path = this.#pathOf(method, new URL(url, "http://localhost").pathname);
    if (path === null) return;
    const at = `${method} ${path} ${status}`;
    const declared = this.#document.paths[path]![method.toLowerCase()]!.responses[status];
    if (!declared) throw new Error(`${at} is not in the document: ${body?.slice(0, 300)}`);
    this.seen.add(at);
    if (!declared.content) return;
    const content = declared.content[media];
    if (!content) throw new Error(`${at}: ${media} is not in the document`);
    if (body === null) return;
    const value = JSON.parse(body);
    const validate = this.#validator([path, method.toLowerCase(), "responses", `${status}`, media]);
    if (!validate(value)) {
      const what = validate.errors!.map((e) => `${e.instancePath} ${e.message} ${text(e.params)}`);
      throw new Error(`${at}: ${what.join("; ")} in ${body.slice(0, 600)}`);
    }
    const code = (value as { error?: { code: string } }).error?.code;
    if (code === undefined || !content.examples || code in content.examples) return;
    throw new Error(`${at}: the code ${code} is not in the document`);
  }

  #pathOf(method: string, given: string): string | null {
    const fits = (path: string) =>
      new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(given);
    const found = Object.keys(this.#document.paths).filter((path) =>
      fits(path) && method.toLowerCase() in this.#document.paths[path]!
    );
    // `/tokens/self` is also a `/tokens/{name}`: the one without parameters is meant.
    return found.sort((a, b) => a.split("{").length - b.split("{").length)[0] ?? null;
  }

  #validator(place: string[]): ValidateFunction {
    const [path, method, responses, status, media] = place.map((part) =>
      encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))
    );
    const pointer =
      `document#/paths/${path}/${method}/${responses}/${status}/content/${media}/schema`;
    let validate = this.#compiled.get(pointer);
    if (!validate) {
      validate = this.#ajv.compile({ $ref: pointer });
      this.#compiled.set(pointer, validate);
    }
    return validate;
  }
}

const text = (value: unknown) => JSON.stringify(value);

/** A field that the document does not name is a mistake here, though clients must bear it. */
function close(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const schema = value as JsonObject;
  if (schema.type === "object" && schema.properties && !("additionalProperties" in schema)) {
    schema.additionalProperties = false;
  }
  for (const inner of Object.values(schema)) close(inner);
}
