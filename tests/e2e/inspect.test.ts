/** `dreamos inspect --stately` with the receiver that @statelyai/inspect publishes. */
import { createWebSocketReceiver, type StatelyInspectionEvent } from "@statelyai/inspect";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli, startCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-inspected/swarm.ts", import.meta.url));
let service: Service;

beforeAll(async () => {
  service = await startService({ swarm });
});
afterAll(() => service?.remove());

async function inspect(...args: string[]) {
  const child = startCli(["inspect", "--stately", ...args, "--port", "0", "--json"].concat(
    "--home",
    service.home,
  ));
  const said = { out: "", err: "" };
  const reading = [read(child.stdout, (part) => said.out += part)];
  reading.push(read(child.stderr, (part) => said.err += part));
  const line = await eventually(() => said.out.includes("\n") && said.out.split("\n")[0]!, {
    what: "the ready line of inspect",
  });
  const { url } = JSON.parse(line) as { url: string };
  const ended = async () => {
    const { code } = await child.status;
    await Promise.all(reading);
    return { code, err: said.err };
  };
  return {
    url,
    ended,
    async end() {
      child.kill("SIGKILL");
      await ended();
    },
  };
}

async function read(stream: ReadableStream<Uint8Array>, say: (part: string) => void) {
  const decoder = new TextDecoder();
  for await (const part of stream) say(decoder.decode(part, { stream: true }));
}

function receive(url: string): StatelyInspectionEvent[] {
  const seen: StatelyInspectionEvent[] = [];
  createWebSocketReceiver({ server: url }).subscribe((event) => void seen.push(event));
  return seen;
}

/** Sends until the followers hear: nobody is told of what was before. */
async function until(what: string, isThere: () => boolean): Promise<void> {
  await eventually(async () => {
    await service.client.send({ to: "/lamp", type: "flip" });
    return isThere();
  }, { what, everyMs: 50 });
}

test("actors, events and snapshots of a live agent arrive, children too", async () => {
  const served = await inspect("lamp");
  try {
    const seen = receive(served.url);
    await until("an event", () => seen.some(({ type }) => type === "@xstate.event"));
    const actor = seen.find((event) => event.type === "@xstate.actor")!;
    expect(actor).toMatchObject({
      type: "@xstate.actor",
      sessionId: "/lamp",
      rootId: "/lamp",
      name: "/lamp",
      snapshot: { status: "active" },
    });
    const definition = JSON.parse((actor as { definition: string }).definition);
    expect(Object.keys(definition.states)).toEqual(["dark", "lit"]);
    const child = seen.find((event) => event.type === "@xstate.actor" && event.name === "meter");
    expect(child).toMatchObject({ parentId: "/lamp", rootId: "/lamp" });
    expect(seen.find(({ type }) => type === "@xstate.event")).toMatchObject({
      sessionId: "/lamp",
      sourceId: "@owner",
      event: { type: "flip" },
    });
    const values = () =>
      seen.flatMap((event) =>
        event.type === "@xstate.snapshot" && event.sessionId === "/lamp"
          ? [(event.snapshot as unknown as { value: string }).value]
          : []
      );
    await until("both states", () => values().includes("lit") && values().includes("dark"));
    // Who comes later is told which actors there are.
    const late = receive(served.url);
    await eventually(() => late.length > 0, { what: "what came before" });
    expect(late[0]).toMatchObject({ type: "@xstate.actor", sessionId: "/lamp" });
  } finally {
    await served.end();
  }
});

test("without an address all agents are followed", async () => {
  const served = await inspect();
  try {
    const seen = receive(served.url);
    await until("the lamp", () => seen.some(({ sessionId }) => sessionId === "/lamp"));
    await eventually(async () => {
      await service.client.send({ to: "/other", type: "flip" });
      return seen.some(({ sessionId }) => sessionId === "/other");
    }, { what: "the other", everyMs: 50 });
  } finally {
    await served.end();
  }
});

test("only this machine and the page itself may listen", async () => {
  const served = await inspect("lamp");
  try {
    const http = served.url.replace("ws:", "http:");
    const page = await fetch(http);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<iframe")]);
    const foreign = await fetch(http, { headers: { origin: "https://evil.example" } });
    expect(foreign.status).toBe(403);
    await foreign.body?.cancel();
    const guess = await fetch(new URL("/", http));
    expect(guess.status).toBe(403);
    await guess.body?.cancel();
  } finally {
    await served.end();
  }
});

test("what cannot be inspected is told", async () => {
  const home = ["--home", service.home];
  expect(await runCli(["inspect", "/lamp", ...home])).toMatchObject({ code: 2 });
  expect(await runCli(["inspect", "--stately", "/none", ...home])).toMatchObject({
    code: 5,
    err: expect.stringMatching(/agent_not_found/),
  });
  const empty = join(service.home, "nobody");
  expect((await runCli(["inspect", "--stately", "--home", empty])).err).toMatch(/not_running/);
  expect(await runCli(["inspect", "--stately", "--port", "x", ...home])).toMatchObject({ code: 2 });
});

test("an open stream does not hold up the end of the service, and ends with it", async () => {
  const served = await inspect("lamp");
  const began = performance.now();
  expect(await service.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(await served.ended()).toEqual({ code: 0, err: "" });
});
