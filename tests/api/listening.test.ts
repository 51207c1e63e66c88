/** Names, addresses and certificates: who reaches the API, and what is refused at the start. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { namesOf } from "../../src/api/host-names.ts";
import { openListeners } from "../../src/api/listeners.ts";
import { readTls } from "../../src/api/tls-files.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { DreamError } from "../../src/errors.ts";
import type { Listening } from "../../src/listening.ts";
import { eventually } from "../support/eventually.ts";
import { openDoor } from "./open-door.ts";

const folder = fileURLToPath(new URL("../fixtures/tls/", import.meta.url));
const file = (name: string) => join(folder, `${name}.pem`);
const now = Date.parse("2026-12-01");
const plain: Listening = {
  host: "127.0.0.1",
  tlsCert: null,
  tlsKey: null,
  insecure: false,
  allowHosts: [],
};

/** Sends bytes as they are and gives back the status line and the code of a refusal. */
async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`${text}\r\nConnection: close\r\n\r\n`));
  const answer = await new Response(connection.readable).text();
  return `${answer.split(" ")[1]} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ""}`.trim();
}

describe("names", () => {
  const door = openDoor({ names: namesOf("10.1.2.3", ["dreamos.test", "fd00::2"]) });
  afterAll(() => door.shutdown());
  const ask = (host: string, target = "/healthz") =>
    raw(door.url, `GET ${target} HTTP/1.1\r\nHost: ${host}`);

  it.each([
    ...["localhost", "LocalHost:1", "127.0.0.1:7420", "127.9.9.9", "[::1]:80"],
    ...["10.1.2.3", "10.1.2.3:99", "dreamos.test", "DREAMOS.test:443", "[fd00::2]", "[FD00::2]:1"],
  ])("answers as %s", async (host) => {
    expect(await ask(host)).toBe("200");
  });

  it.each([
    ...["evil.test", "localhost.", "dreamos.test.", "dreamos.test.evil.test", "xdreamos.test"],
    ...["10.1.2.4", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.x"],
    ...["[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "::1", "fd00::2", "[::1", "[::1%25lo]"],
    ...[
      "evil@localhost",
      "localhost@evil.test",
      "localhost:1:2",
      "localhost:x",
      "localhost:999999",
    ],
    ...["localhost/x", "localhost#x", "local host", "localhost, evil.test", "*", "", "null", "é"],
  ])("does not answer as '%s'", async (host) => {
    expect(await ask(host)).toMatch(/^(403 forbidden_host|400)$/);
  });

  it("reads the target of a proxy's request, too, and refuses two names", async () => {
    expect(await ask("localhost", "http://dreamos.test:1/healthz")).toBe("200");
    for (const target of ["http://evil.test/healthz", "http://a@localhost/healthz"]) {
      expect(await ask("localhost", target)).toBe("403 forbidden_host");
    }
    expect(await ask("evil.test", "http://localhost/healthz")).toBe("403 forbidden_host");
    expect(await ask("localhost\r\nHost: evil.test")).toBe("400");
    expect(await ask("localhost", "//evil.test/healthz")).toMatch(/^40[14]/);
    expect(await raw(door.url, "CONNECT evil.test:80 HTTP/1.1\r\nHost: localhost")).toMatch(/^40/);
    expect(await raw(door.url, "OPTIONS * HTTP/1.1\r\nHost: localhost")).toMatch(/^40[145]/);
  });

  it("of a machine are its addresses, when it listens on all of them", () => {
    expect([...namesOf("0.0.0.0", ["a.test"])]).toEqual(
      expect.arrayContaining(["127.0.0.1", "a.test"]),
    );
    expect([...namesOf("::", [])]).not.toContain("::");
  });
});

describe("headers", () => {
  const door = openDoor();
  afterAll(() => door.shutdown());
  const ask = (header: string) =>
    raw(door.url, `GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n${header}`);

  it("of one megabyte, with NUL or line ends, come in nowhere", async () => {
    expect(await ask(`Authorization: Bearer ${"a".repeat(1_000_000)}`).catch(() => "cut")).toMatch(
      /^(4\d\d.*|cut)$/,
    );
    expect(await ask("Authorization: Bearer a\0b")).toBe("400");
    expect(await ask(`Authorization: Bearer ${"a".repeat(600)}`)).toBe("401 unauthorized");
    expect(await ask("Authorization: Bearer tök\u{1f600}")).toBe("401 unauthorized");
    expect(await ask(`Authorization: Bearer ${door.token}\r\nAuthorization: Bearer x`)).toMatch(
      /^40/,
    );
    expect(await ask(`Cookie: token=${door.token}; authorization=${door.token}`)).toBe(
      "401 unauthorized",
    );
    expect(await ask(`X-Api-Key: ${door.token}`)).toBe("401 unauthorized");
    expect((await door.call("/healthz")).status).toBe(200);
  });

  it("of other origins change nothing, and OPTIONS is refused", async () => {
    for (const method of ["GET", "OPTIONS", "POST"]) {
      const response = await door.call("/api/v1/status", {
        method,
        headers: { origin: "https://evil.test", "access-control-request-method": "POST" },
      });
      await response.body?.cancel();
      expect(response.status).toBe(method === "GET" ? 200 : 405);
      const names = [...response.headers.keys()];
      expect(names.filter((name) => /^access-control|^set-cookie/.test(name))).toEqual([]);
    }
  });
});

/** The message of `bad_config`. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(DreamError);
    expect((error as DreamError).code).toBe("bad_config");
    return (error as Error).message;
  }
  throw new Error("It was taken");
}

describe("certificates", () => {
  it.each([
    [file("none"), file("server-key"), "none.pem for TLS: ENOENT"],
    [file("server"), folder, "for TLS: EISDIR"],
    [join(folder, "README.md"), file("server-key"), "README.md for TLS: it is no PEM file"],
    [file("server-key"), file("server-key"), "server-key.pem for TLS: wanted a certificate as PEM"],
    [file("server"), file("server"), "server.pem for TLS: wanted a private key as PEM"],
    [file("server"), file("locked-key"), "locked-key.pem for TLS: wanted a private key as PEM, wi"],
    [file("server"), file("other-key"), "other-key.pem for TLS: it is not the key of"],
  ])("are refused: %s with %s", (cert, key, said) => {
    expect(refusal(() => readTls(cert, key, now))).toContain(said);
  });

  it("are warned of when clients will refuse them", () => {
    const warnings = (cert: string, key: string, atMs = now) =>
      readTls(file(cert), file(key), atMs).warnings.join();
    expect(warnings("server", "server-key")).toBe("");
    expect(warnings("server", "server-key", Date.parse("2200-01-01"))).toContain("expired");
    expect(warnings("server", "server-key", Date.parse("2001-01-01"))).toContain("begins");
    expect(warnings("ca", "ca-key")).toContain("basicConstraints=CA:FALSE");
  });
});

describe("listeners", () => {
  const told: string[] = [];
  const open = (listening: Partial<Listening>, clock: Clock = systemClock) =>
    openListeners({
      fetch: (request) => new Response(new URL(request.url).protocol),
      listening: { ...plain, ...listening, port: 0 },
      drainMs: 100,
      clock,
      tell: (level, message) => void told.push(`${level} ${message}`),
    });

  it("with TLS are two: one for others, one on loopback", async () => {
    const both = open({ tlsCert: file("server"), tlsKey: file("server-key") });
    const caCerts = [await Deno.readTextFile(file("ca"))];
    using client = Deno.createHttpClient({ caCerts });
    const outer = await fetch(both.publicUrl!, { client } as RequestInit);
    expect(await outer.text()).toBe("https:");
    expect(await (await fetch(both.url)).text()).toBe("http:");
    expect([both.url, both.publicUrl]).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
    ]);
    await both.shutdown();
    await expect(fetch(both.url)).rejects.toThrow();
  });

  it("serve a renewed certificate, and the old one while the new one is no good", async () => {
    const home = await Deno.makeTempDir();
    const [cert, key] = [join(home, "cert.pem"), join(home, "key.pem")];
    const put = async (one: string, other: string) => {
      await Deno.copyFile(file(one), cert);
      await Deno.copyFile(file(other), key);
    };
    await put("ca", "ca-key");
    const hurried: Clock = {
      ...systemClock,
      after: (delayMs, fire) => systemClock.after(delayMs === 10_000 ? 5 : delayMs, fire),
    };
    const one = open({ tlsCert: cert, tlsKey: key }, hurried);
    const servedBy = async () => {
      const socket = connect({
        port: Number(new URL(one.publicUrl!).port),
        rejectUnauthorized: false,
      });
      try {
        await once(socket, "secureConnect");
        return socket.getPeerCertificate().fingerprint256;
      } finally {
        socket.destroy();
      }
    };
    const printOf = async (name: string) =>
      new X509Certificate(await Deno.readTextFile(file(name))).fingerprint256;
    expect(await servedBy()).toBe(await printOf("ca"));
    await put("server", "other-key");
    await eventually(() => told.some((line) => /^warn .*is not the key of/.test(line)));
    expect(await servedBy()).toBe(await printOf("ca"));
    await put("server", "server-key");
    await eventually(() => told.some((line) => line.startsWith("info")));
    expect(await servedBy()).toBe(await printOf("server"));
    expect(told.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    await one.shutdown();
    await Deno.remove(home, { recursive: true });
  });

  it("without TLS say loudly what that means", async () => {
    const one = open({ host: "0.0.0.0", insecure: true });
    expect(one.warnings).toEqual([
      expect.stringContaining("INSECURE: the API listens on 0.0.0.0:"),
    ]);
    expect(one.publicUrl).toMatch(/^http:\/\/0\.0\.0\.0:/);
    const named = open({ host: "0.0.0.0", insecure: true, allowHosts: ["a.test", "b.test"] });
    expect(named.publicUrl).toMatch(/^http:\/\/a\.test:\d+$/);
    await named.shutdown();
    expect(await (await fetch(one.url)).text()).toBe("http:");
    expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    await one.shutdown();
  });

  it("say why they cannot listen", () => {
    const insecure = true;
    expect(refusal(() => open({ host: "192.0.2.77", insecure }))).toContain("no address of this");
    expect(refusal(() => open({ host: "no-such-host.invalid", insecure }))).toContain("not known");
  });
});
