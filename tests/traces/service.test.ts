/** The real service: spans reach a collector, lines have agents, secrets stay where they are. */
import { gunzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DreamError, type LogEntry } from "../../src/api/client.ts";
import type { Span } from "../../src/traces/span.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-talkers/swarm.ts", import.meta.url));
const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerSpan = "b7ad6b7169203331";

const planted = {
  payload: "PLANTED-payload-5e8f",
  crash: "PLANTED-crash-71c0",
  environment: "PLANTED-environment-93aa",
  header: "PLANTED-header-c0de11",
  file: "PLANTED-file-f00d",
  agentToken: "PLANTED-token-0123456789",
};

/** Spans as a collector gets them. */
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

const received: { spans: OtlpSpan[]; headers: Headers; path: string }[] = [];
let collector: Deno.HttpServer<Deno.NetAddr>;
let service: Service;

beforeAll(async () => {
  collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.json();
      const spans = body.resourceSpans.flatMap((r: { scopeSpans: { spans: OtlpSpan[] }[] }) =>
        r.scopeSpans.flatMap((s) => s.spans)
      );
      received.push({ spans, headers: request.headers, path: new URL(request.url).pathname });
      return Response.json({ partialSuccess: {} });
    },
  );
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(
    join(home, "config.json"),
    JSON.stringify({ otlpHeaders: `x-key=${planted.header}`, limits: { logFileBytes: 2_000 } }),
  );
  service = await startService({
    home,
    swarm,
    env: {
      PLANTED: planted.environment,
      DREAMOS_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}/`,
      DREAMOS_TRACE_PERCENT: "0",
    },
  });
}, 90_000);

afterAll(async () => {
  await service?.endAll();
  await collector?.shutdown();
  await service?.remove();
});

async function linesOf(under: string): Promise<LogEntry[]> {
  return (await service.client.logs({ under, limit: 1_000 })).items.reverse();
}

describe("a sampled trace", () => {
  let spans: OtlpSpan[] = [];

  it("goes from the request through two agents to a call, and back, at the collector", async () => {
    const path = join(service.inbox, "a.txt");
    await Deno.writeTextFile(path, planted.file);
    const ask = { to: "/front", type: "fetch", payload: { path } };
    const answer = await service.request("POST", "/api/v1/asks", ask, {
      traceparent: `00-${traceId}-${callerSpan}-01`,
    });
    expect(answer.body).toMatchObject({ reply: { length: planted.file.length } });
    expect(answer.headers.get("traceresponse")).toMatch(new RegExp(`^00-${traceId}-`));
    await eventually(() => received.flatMap((batch) => batch.spans).length >= 7);
    spans = received.flatMap((batch) => batch.spans);
    expect(spans.every((span) => span.traceId === traceId)).toBe(true);
    const chain: string[] = [];
    // From the last turn, in which the asker answers, up to whoever called.
    const last = spans.filter((span) => span.name === "process front").at(-1)!;
    let at: OtlpSpan | undefined = last;
    for (; at; at = spans.find(({ spanId }) => spanId === at?.parentSpanId)) {
      chain.unshift(at.name);
      if (at.parentSpanId === callerSpan) chain.unshift("caller");
    }
    expect(chain).toEqual([
      "caller",
      "POST /api/v1/asks",
      "process front",
      "process back",
      "call file.read",
      "process back",
      "process back",
      "process front",
    ]);
    const [batch] = received;
    expect(batch!.path).toBe("/v1/traces");
    expect(batch!.headers.get("x-key")).toBe(planted.header);
    expect(batch!.headers.get("content-type")).toBe("application/json");
    for (const span of spans) {
      expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
    }
    const facts = Object.fromEntries(
      spans.find(({ name }) => name === "process back")!.attributes.map(({ key, value }) => [
        key,
        Object.values(value)[0],
      ]),
    );
    expect(facts).toMatchObject({
      "messaging.destination.name": "/back",
      "messaging.operation.type": "process",
      "dreamos.turn": "2",
    });
  });

  it("is shown by the API, and its lines by the log", async () => {
    const trace = await service.client.trace(traceId);
    const ids = (list: { spanId: string }[]) => list.map(({ spanId }) => spanId).sort();
    expect(ids(trace.spans)).toEqual(ids(spans));
    const call = trace.spans.find((span: Span) => span.kind === "client")!;
    expect(call).toMatchObject({ error: null, attributes: { "rpc.method": "file.read" } });
    const { items } = await service.client.logs({ traceId });
    expect(items.map(({ message, address }) => `${address} ${message}`)).toEqual([
      "/back answered",
      "/back asked for a file",
    ]);
    const shown = await service.cli("trace", traceId);
    expect(shown.out.split("\n").map((line) => line.trim().split(/ {2,}/).slice(2, 4))).toEqual([
      ["SPAN", "ADDRESS"],
      ["POST /api/v1/asks"],
      ["process front", "/front"],
      ["process back", "/back"],
      ["call file.read", "/back"],
      ["process back", "/back"],
      ["process back", "/back"],
      ["process front", "/front"],
      [],
    ]);
    expect(await service.cli("trace", "nonsense")).toMatchObject({ code: 2 });
    const missing = service.client.trace("f".repeat(32));
    await expect(missing).rejects.toThrow(DreamError);
  });

  it("is not begun for those who do not sample, nor by what is no traceparent", async () => {
    const before = received.length;
    const other = "a".repeat(32);
    for (
      const traceparent of [
        `00-${other}-${callerSpan}-00`,
        `00-${"0".repeat(32)}-${callerSpan}-01`,
        `ff-${other}-${callerSpan}-01`,
        "nonsense",
      ]
    ) {
      const message = { to: "/chatter", type: "keep", payload: { secret: planted.payload } };
      const answer = await service.request("POST", "/api/v1/messages", message, { traceparent });
      expect(answer.status).toBe(202);
      expect(answer.headers.get("traceresponse")).toBeNull();
    }
    await expect(service.client.trace(other)).rejects.toThrow("trace");
    expect(received.length).toBe(before);
  });
});

it("shows turns that crashed, and calls that failed, with their codes", async () => {
  const crashed = "c".repeat(32);
  // With what it was sent before, it would be handed over together once, and then alone.
  await eventually(async () => (await service.client.agent("/chatter")).mailboxDepth === 0);
  await service.request("POST", "/api/v1/messages", {
    ...{ to: "/chatter", type: "crash" },
    payload: { secret: planted.crash },
  }, { traceparent: `00-${crashed}-${callerSpan}-01` });
  const errorsOf = async (id: string, name: string) =>
    (await service.client.trace(id)).spans.filter((span) => span.name === name)
      .map(({ error }) => error);
  await eventually(async () => (await errorsOf(crashed, "process chatter")).length === 3);
  expect(await errorsOf(crashed, "process chatter")).toEqual(["crashed", "crashed", "crashed"]);
  const lines = (await service.client.logs({ traceId: crashed })).items;
  expect(lines.map(({ code, turn }) => [code, turn])).toEqual(
    Array.from({ length: 3 }, () => ["crashed", lines[0]!.turn]),
  );
  const failed = "d".repeat(32);
  const payload = { path: join(service.inbox, "none.txt") };
  const ask = { to: "/front", type: "fetch", payload };
  const traceparent = `00-${failed}-${callerSpan}-01`;
  const answer = await service.request("POST", "/api/v1/asks", ask, { traceparent });
  expect(answer.status).toBe(409);
  expect(await errorsOf(failed, "call file.read")).toEqual(["file_not_found"]);
  await eventually(async () => (await errorsOf(failed, "POST /api/v1/asks")).length === 1);
  // What the caller has to mend is no fault of the service.
  expect(await errorsOf(failed, "POST /api/v1/asks")).toEqual([null]);
});

describe("what agents print", () => {
  it("is a line about them, with the turn", async () => {
    await service.client.send({ to: "/chatter", type: "print", payload: { text: "hello" } });
    const found = await eventually(async () =>
      (await linesOf("/chatter")).find(({ message }) => message.startsWith("hello"))
    );
    expect(found).toMatchObject({ level: "warn", message: "hello { a: [ 1, 2 ] }", from: "print" });
    expect(found.turn).toBeGreaterThan(1);
  });

  it("is capped, and what is left out is counted", async () => {
    await service.client.send({ to: "/chatter", type: "flood", payload: { lines: 20_000 } });
    const dropped = await eventually(async () =>
      (await linesOf("/chatter")).find((line) => Number(line["dropped"]) > 0)
    );
    const lines = (await linesOf("/chatter")).filter(({ message }) => message.endsWith("flood"));
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.length + Number(dropped["dropped"])).toBeLessThanOrEqual(20_000);
    expect(lines.length).toBeLessThan(10_000);
  });

  it("while it is loaded is a line about its host", async () => {
    const { items } = await service.client.logs({ limit: 1_000 });
    const all = await Array.fromAsync(await service.client.followLogs({ since: 0, follow: false }));
    expect(all.length).toBeGreaterThanOrEqual(items.length);
    expect(all.find(({ message }) => message === "chatter is loaded")).toMatchObject({
      from: "host",
      pid: expect.any(Number),
    });
  });
});

describe("levels", () => {
  it("change while it runs: debug has a line for each turn", async () => {
    const { levels } = await service.client.setLogLevel("/front", "debug");
    expect(levels).toEqual({ "/": "info", "/front": "debug" });
    const path = join(service.inbox, "none.txt");
    const refused = service.client.ask({ to: "/front", type: "fetch", payload: { path } });
    await expect(refused).rejects.toThrow("not to be had");
    const turns = (await linesOf("/front")).filter(({ message }) => message === "turn");
    expect(turns[0]).toMatchObject({ level: "debug", envelopes: "fetch", address: "/front" });
    await service.client.setLogLevel("/front", null);
    expect((await service.client.logLevels()).levels).toEqual({ "/": "info" });
    const unknown = service.client.setLogLevel("/a b", "debug");
    await expect(unknown).rejects.toMatchObject({ code: "invalid_address" });
  });

  it("and lines are read by the command", async () => {
    const shown = await service.cli("logs", "/chatter", "--level", "warn", "--limit", "3");
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out).toMatch(/^\d{4}-\S+Z WARN +\/chatter +/);
    const bad = await service.cli("logs", "--set-level", "/front=loud");
    expect(bad).toMatchObject({ code: 2 });
    expect(bad.err).toContain("debug, info, warn, error, default");
  });
});

it("does what docs/logs.md says", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/logs.md", import.meta.url));
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((match) =>
    match[1]!.replaceAll("\\\n", "").trim().split("\n")
  );
  const cells = [...page.matchAll(/^\| `(dreamos [^`]+)`/gm)].map((match) => match[1]!);
  const commands = [...cells, ...blocks].filter((line) => !line.includes("--follow"));
  expect(commands.length).toBeGreaterThan(8);
  for (const command of commands.filter((line) => line.startsWith("dreamos "))) {
    const args = command.replace(" ID", ` ${traceId}`).split(" ").slice(1);
    expect([command, (await service.cli(...args)).code]).toEqual([command, 0]);
  }
  const [, example] = /^```json\n(.*?)^```/ms.exec(page)!;
  const line = (await linesOf("/chatter")).find(({ turn }) => turn !== undefined)!;
  expect(Object.keys(JSON.parse(example!))).toEqual(
    expect.arrayContaining(Object.keys(line).slice(0, 6)),
  );
});

/** All files of HOME, packed ones unpacked; but for the database, which may hold payloads. */
async function readHome(): Promise<{ path: string; text: string }[]> {
  const files: { path: string; text: string }[] = [];
  const decoder = new TextDecoder("latin1");
  const visit = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(join(service.home, folder))) {
      const path = join(folder, name);
      if (isDirectory) await visit(path);
      else if (!path.startsWith("dreamos.db")) {
        const bytes = await Deno.readFile(join(service.home, path));
        const plain = name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
        files.push({ path, text: decoder.decode(plain) });
      }
    }
  };
  await visit("");
  return files;
}

describe("secrets", () => {
  it("are in no file but those that are for them, in no metric and no refusal", async () => {
    const { client } = service;
    const token = (await Deno.readTextFile(join(service.home, "token"))).trim();
    await client.send({ to: "/chatter", type: "crash", payload: { secret: planted.crash } });
    await client.send({ to: "/chatter", type: "keep", payload: { secret: planted.payload } });
    const said = `Authorization: Bearer ${planted.agentToken}`;
    await client.send({ to: "/chatter", type: "print", payload: { text: said } });
    const refusals = await Promise.all([
      service.request("POST", "/api/v1/messages", `{"secret":"${planted.payload}"`),
      service.request("POST", "/api/v1/messages", { to: "/chatter", type: planted.payload }),
      service.request("POST", "/api/v1/messages", {
        ...{ to: "/chatter", type: "keep" },
        payload: { secret: 1, more: planted.payload },
      }),
      service.request("GET", "/api/v1/status", undefined, {
        authorization: `Bearer ${planted.agentToken}`,
      }),
    ]);
    expect(refusals.map(({ status }) => status)).toEqual([400, 422, 422, 401]);
    // That of an unknown type names it: it is what the caller wrote, and no payload.
    const texts = JSON.stringify(refusals.filter((_, i) => i !== 1)) +
      await (await fetch(`${service.url}/metrics`, {
        headers: { authorization: `Bearer ${token}` },
      })).text();
    expect(texts).toContain("dreamos_turns_total");
    await eventually(async () => {
      const lines = await linesOf("/chatter");
      return lines.some(({ code }) => code === "crashed") &&
        lines.some(({ message }) => message.includes("[secret]"));
    });
    await service.stop();
    const offline = await service.cli("logs", "--since", "1h", "--level", "warn", "--json");
    expect(offline.code).toBe(0);
    const lines = offline.out.trim().split("\n").map((line) => JSON.parse(line) as LogEntry);
    expect(lines.some(({ code }) => code === "crashed")).toBe(true);
    expect(await service.cli("logs", "--follow")).toMatchObject({ code: 3, out: "" });
    for (const secret of [...Object.values(planted), token]) expect(texts).not.toContain(secret);
    const files = await readHome();
    const filesWith = (wanted: string) =>
      files.filter(({ text }) => text.includes(wanted)).map(({ path }) => path);
    const names = ["payload", "crash", "environment", "agentToken"] as const;
    for (const name of names) expect([name, filesWith(planted[name])]).toEqual([name, []]);
    expect(filesWith(token)).toEqual(["token"]);
    expect(filesWith(planted.header)).toEqual(["config.json"]);
    expect(filesWith(planted.file)).toEqual(["inbox/a.txt"]);
    // The search finds what is there: lines in packed files too.
    expect(filesWith("chatter is loaded").length).toBeGreaterThan(0);
    expect(filesWith('"seq":1,').some((path) => path.endsWith(".gz"))).toBe(true);
  });
});
