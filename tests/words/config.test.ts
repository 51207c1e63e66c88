import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ConfigFlags, loadConfig } from "../../src/config.ts";
import { formatDuration, parseDuration, parseMoment } from "../../src/duration.ts";
import { findHome } from "../../src/home.ts";
import { defaultLimits } from "../../src/limits.ts";
import { nearest } from "../../src/nearest.ts";
import { portableConfig } from "../../src/portable-config.ts";

const GiB = 1024 ** 3;

function load(sources: {
  flags?: ConfigFlags;
  env?: Record<string, string>;
  file?: string | object | null;
  memoryBytes?: number;
}) {
  const { flags = {}, env = {}, file = null, memoryBytes = 64 * GiB } = sources;
  const text = typeof file === "object" && file !== null ? JSON.stringify(file) : file;
  return loadConfig({ flags, env, cwd: "/w", readFile: () => text, memoryBytes });
}

/** The refusal of a configuration, checked to be `bad_config`. */
function refusal(sources: Parameters<typeof load>[0]): string {
  try {
    load(sources);
  } catch (error) {
    expect(error).toMatchObject({ code: "bad_config" });
    return (error as Error).message;
  }
  throw new Error("It was accepted");
}

describe("loadConfig()", () => {
  it("has defaults for all", () => {
    const config = load({});
    expect(config).toMatchObject({
      home: { path: "/w/runtime", configFile: "/w/runtime/config.json" },
      host: "127.0.0.1",
      port: 7420,
      inbox: "/w/runtime/inbox",
      limits: defaultLimits,
    });
    expect(config.swarm).toMatch(/\/agents\/swarm\.ts$/);
  });

  it("has as many threads as the machine's memory allows", () => {
    const threads = (memoryBytes: number) => load({ memoryBytes }).limits.maxThreads;
    expect([64 * GiB, 2 * GiB, GiB / 4, 0].map(threads)).toEqual([256, 85, 10, 8]);
    const flags = { limits: { maxThreads: "300" } };
    expect(load({ flags, memoryBytes: GiB }).limits.maxThreads).toBe(300);
  });

  it("flag beats variable beats file beats default", () => {
    const file = { port: 1, inbox: "f", limits: { mailbox: 1, askTimeoutMs: "1m", drainMs: 7 } };
    const env = {
      DREAMOS_PORT: "2",
      DREAMOS_INBOX: "e",
      DREAMOS_LIMITS_MAILBOX: "2",
      DREAMOS_LIMITS_ASK_TIMEOUT_MS: "2m",
      OTHER: "x",
      DREAMOS_SWARM: "",
    };
    const flags = { port: "3", limits: { mailbox: "3" } };
    expect(load({ file })).toMatchObject({
      port: 1,
      inbox: "/w/runtime/f",
      limits: { mailbox: 1, askTimeoutMs: 60_000, drainMs: 7 },
    });
    expect(load({ file, env })).toMatchObject({
      port: 2,
      inbox: "/w/e",
      limits: { mailbox: 2, askTimeoutMs: 120_000, drainMs: 7 },
    });
    expect(load({ file, env, flags })).toMatchObject({
      port: 3,
      limits: { mailbox: 3, askTimeoutMs: 120_000 },
    });
  });

  it("reads the file of the HOME that flag or variable names", () => {
    const paths: string[] = [];
    const readFile = (path: string) => {
      paths.push(path);
      return null;
    };
    const env = { DREAMOS_HOME: "b" };
    loadConfig({ flags: { home: "../a" }, env, cwd: "/w", readFile });
    loadConfig({ flags: {}, env, cwd: "/w", readFile });
    expect(paths).toEqual(["/a/config.json", "/w/b/config.json"]);
  });

  it.each([
    [{ file: { prot: 1 } }, "/w/runtime/config.json: unknown key prot; did you mean port?"],
    [{ file: { home: "x" } }, "unknown key home"],
    [{ file: { limits: { mailbx: 1 } } }, "limits.mailbx; did you mean limits.mailbox?"],
    [{ env: { DREAMOS_LIMITS_MAILBOXES: "1" } }, "DREAMOS_LIMITS_MAILBOXES; did you mean"],
    [{ file: '{"port":' }, "/w/runtime/config.json: not valid JSON"],
    [{ file: "[]" }, "/w/runtime/config.json: the whole"],
    [{ file: { port: 70_000 } }, "port: wanted a whole number from 0 to 65535"],
    [{ env: { DREAMOS_PORT: "7x" } }, "DREAMOS_PORT: wanted a whole number"],
    [{ flags: { limits: { drainMs: "soon" } } }, "--limit drainMs: wanted a duration"],
    [{ file: { limits: { maxAttempts: 0 } } }, "limits.maxAttempts: wanted a whole number from 1"],
    [{ file: { limits: { mailbox: 1.5 } } }, "limits.mailbox: wanted a whole number"],
    [{ env: { DREAMOS_HOST: "0.0.0.0" } }, "Cannot listen on 0.0.0.0"],
    [{ env: { DREAMOS_HOST: "http://a" } }, "DREAMOS_HOST: wanted a name or an IP"],
    [{ env: { DREAMOS_ALLOW_HOSTS: "a,b:80" } }, "DREAMOS_ALLOW_HOSTS"],
    [{ env: { DREAMOS_INSECURE: "yes" } }, "DREAMOS_INSECURE: wanted true or false"],
    [{ flags: { tlsCert: "c", tlsKey: "k", insecure: true } }, "wanted one of both"],
    [{ file: { limits: { frameBytes: 1_000 } } }, "frameBytes has to hold"],
    [{ file: '{"__proto__":{"port":1}}' }, "unknown key __proto__"],
  ])("refuses %j", (sources, said) => {
    expect(refusal(sources as Parameters<typeof load>[0])).toContain(said);
  });

  it("says where to listen, from every source", () => {
    const file = { host: "0.0.0.0", tlsCert: "c.pem", tlsKey: "/k.pem", allowHosts: ["A.test"] };
    expect(load({ file })).toMatchObject({
      ...{ host: "0.0.0.0", tlsCert: "/w/runtime/c.pem", tlsKey: "/k.pem", insecure: false },
      allowHosts: ["a.test"],
    });
    const env = {
      DREAMOS_HOST: "[::]",
      DREAMOS_INSECURE: "true",
      DREAMOS_ALLOW_HOSTS: "a, b.test",
    };
    expect(load({ env })).toMatchObject({
      ...{ host: "::", insecure: true, tlsCert: null, allowHosts: ["a", "b.test"] },
    });
    const flags = { tlsCert: "c.pem", tlsKey: "k.pem", allowHosts: ["x"] };
    expect(load({ flags, file })).toMatchObject({ tlsCert: "/w/c.pem", allowHosts: ["x"] });
    for (const host of ["127.0.0.1", "127.3.2.1", "localhost", "::1", "[::1]", "LOCALHOST"]) {
      expect(load({ env: { DREAMOS_HOST: host } }).insecure).toBe(false);
    }
    for (
      const host of ["128.0.0.1", "127.0.0.1.evil.test", "localhost.evil.test", "::2", "10.1.1.1"]
    ) {
      expect(refusal({ env: { DREAMOS_HOST: host } })).toContain(`Cannot listen on ${host}`);
    }
  });

  it("says why a file cannot be read", () => {
    const readFile = () => {
      throw new Error("EACCES: permission denied");
    };
    expect(() => loadConfig({ flags: {}, env: {}, cwd: "/w", readFile })).toThrow(
      "Cannot read /w/runtime/config.json: EACCES",
    );
  });
});

describe("durations and moments", () => {
  it.each([
    ["250", 250],
    ["250ms", 250],
    ["1.5s", 1_500],
    [" 10m ", 600_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["", null],
    ["-1s", null],
    ["10 years", null],
    ["9".repeat(30), null],
  ])("parseDuration(%j) is %j", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it("parseMoment() takes a time ago, ISO 8601 or epoch ms", () => {
    const now = Date.UTC(2026, 0, 2);
    expect(parseMoment("10m", now)).toBe(now - 600_000);
    expect(parseMoment("2026-01-01", now)).toBe(now - 86_400_000);
    expect(parseMoment("2026-01-01T12:00:00+02:00", now)).toBe(Date.UTC(2026, 0, 1, 10));
    expect(parseMoment("1700000000000", now)).toBe(1_700_000_000_000);
    for (const text of ["yesterday", "2026-13-45", "", "Jan 1"]) {
      expect(parseMoment(text, now)).toBeNull();
    }
  });

  it("formatDuration() rounds down to one unit", () => {
    expect([0, 999, 61_000, 3 * 86_400_000 + 5].map(formatDuration)).toEqual([
      "0ms",
      "999ms",
      "1m",
      "3d",
    ]);
  });
});

describe("portableConfig()", () => {
  it("makes absolute what leads out of HOME, certificates as well as folders", async () => {
    const folder = await Deno.makeTempDir();
    try {
      const home = findHome({ flag: "home", env: {}, cwd: folder });
      await Deno.mkdir(home.path);
      const paths = { swarm: "../swarm.ts", inbox: "box", tlsCert: "../tls/cert.pem" };
      await Deno.writeTextFile(home.configFile, JSON.stringify({ ...paths, tlsKey: "/key.pem" }));
      expect(JSON.parse(portableConfig(home)!)).toEqual({
        swarm: join(folder, "swarm.ts"),
        inbox: "box",
        tlsCert: join(folder, "tls/cert.pem"),
        tlsKey: "/key.pem",
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
});

describe("nearest()", () => {
  it("finds what was meant, or nothing", () => {
    const names = ["recall", "restart", "ps", "send"];
    expect(nearest("recal", names)).toBe("recall");
    expect(nearest("sned", names)).toBe("send");
    expect(nearest("pss", names)).toBe("ps");
    expect(nearest("zzzzzz", names)).toBeNull();
  });
});
