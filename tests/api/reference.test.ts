/** `/docs`: everything of the document on one page, and nothing from elsewhere. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referencePage } from "../../src/api/reference-page.ts";
import { serve } from "../../src/api/serve.ts";
import { systemClock } from "../../src/clock.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

let door: OpenDoor;
let page: string;
let headers: Headers;
beforeAll(async () => {
  door = openDoor();
  const response = await fetch(`${door.url}/docs`);
  page = await response.text();
  headers = response.headers;
});
afterAll(() => door.shutdown());

test("wants no token, and shows every operation, parameter and code", async () => {
  const document = await (await fetch(`${door.url}/openapi.json`)).json();
  interface Operation {
    operationId: string;
    parameters: { name: string }[];
    responses: Record<string, { description: string }>;
  }
  for (const [path, item] of Object.entries(document.paths as Record<string, object>)) {
    for (const { operationId, parameters, responses } of Object.values(item) as Operation[]) {
      const at = page.indexOf(`<section id="${operationId}">`);
      expect([operationId, at > 0]).toEqual([operationId, true]);
      const section = page.slice(at, page.indexOf("</section>", at));
      expect(section).toContain(path);
      for (const { name } of parameters) expect(section).toContain(`<code>${name}</code>`);
      for (const { description } of Object.values(responses)) {
        expect(section).toContain(description.replaceAll("'", "&#39;"));
      }
    }
  }
  for (const name of Object.keys(document.components.schemas)) {
    expect(page).toContain(`<section id="schema-${name}">`);
  }
});

test("every link leads to something on the page, or to the document", () => {
  const targets = [...page.matchAll(/href="([^"]*)"/g)].map((match) => match[1]!);
  expect(targets.length).toBeGreaterThan(100);
  const missing = targets.filter((target) =>
    target !== "/openapi.json" && !page.includes(`id="${target.slice(1)}"`)
  );
  expect(missing).toEqual([]);
});

test("holds no script and nothing from elsewhere, and its header forbids both", () => {
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|@import|url\(|\son\w+=/i);
  expect(page).not.toMatch(/https?:\/\//);
  const policy = headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("what the document says is text, whatever it looks like", () => {
  const evil = "<script>alert(1)</script>";
  const hostile = referencePage({
    info: { title: evil, version: evil, description: evil },
    tags: [{ name: "t", description: evil }],
    paths: {
      [`/${evil}`]: {
        get: {
          ...{ operationId: evil, tags: ["t"], summary: evil, description: evil },
          parameters: [{ name: evil, in: evil, schema: { type: evil, pattern: evil } }],
          responses: {
            200: {
              description: evil,
              content: { [evil]: { schema: { enum: [evil] }, example: evil } },
            },
          },
        },
      },
    },
    components: { schemas: { [evil]: { description: evil, $ref: `#/x/${evil}` } } },
  });
  expect(hostile).not.toContain("<script");
  expect(hostile).toContain("&lt;script&gt;");
});

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
const missing = "it is not installed: Debian's package chromium has it";

/** The page, and what it (not the browser itself) asked for, by the log of the browser. */
async function visit(url: string): Promise<{ page: string; asked: string[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const { stdout } = await new Deno.Command(chromium!, {
      args: [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
        ...[`--user-data-dir=${folder}/profile`, `--log-net-log=${folder}/net.json`],
        ...["--dump-dom", url],
      ],
      stderr: "null",
    }).output();
    const log: { events: { params?: { url?: string; initiator?: string } }[] } = JSON.parse(
      await Deno.readTextFile(`${folder}/net.json`),
    );
    const { origin } = new URL(url);
    const asked = log.events.flatMap(({ params }) =>
      params?.url && (params.initiator === origin || params.url === url) ? [params.url] : []
    );
    return { page: new TextDecoder().decode(stdout), asked: [...new Set(asked)] };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

describe("in a real Chromium", () => {
  test(chromium ? "asks for nothing but itself" : missing, async ({ skip }) => {
    if (!chromium) skip(missing);
    const seen = await visit(`${door.url}/docs`);
    expect(seen.page).toContain("Start a new agent below a dynamic supervisor");
    expect(seen.asked).toContain(`${door.url}/docs`);
    expect(seen.asked.filter((url) => !url.startsWith(`${door.url}/`))).toEqual([]);
  }, 60_000);

  test(chromium ? "which would be seen" : missing, async ({ skip }) => {
    if (!chromium) skip(missing);
    const elsewhere = `${door.url}/healthz`;
    const body = `<img src="${elsewhere}">`;
    const headers = { "content-type": "text/html" };
    const server = serve({
      fetch: () => new Response(body, { headers }),
      ...{ host: "127.0.0.1", port: 0, drainMs: 500, clock: systemClock },
    });
    const { asked } = await visit(`${server.url}/`);
    await server.shutdown();
    expect(asked).toContain(elsewhere);
  }, 60_000);
});
