/** Which service a command talks to, and with which token. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patientFetch } from "../../src/cli/patience.ts";
import { openHome, runCli } from "./run-cli.ts";

let service: Awaited<ReturnType<typeof openHome>>;
let empty: string;
beforeAll(async () => {
  service = await openHome();
  empty = await Deno.makeTempDir();
});
afterAll(async () => {
  await service.close();
  await Deno.remove(empty, { recursive: true });
});

const away = (args: string[], env: Record<string, string> = {}) =>
  runCli([...args, "--home", empty], { env });

describe("another service", () => {
  it("is named by --url and --token, or by the environment", async () => {
    const { url, token } = service.door;
    const byFlag = await away(["ps", "--json", "--url", `${url}/`, "--token", token]);
    expect(byFlag).toMatchObject({ code: 0, err: "" });
    const env = { DREAMOS_URL: url, DREAMOS_TOKEN: token };
    expect(await away(["ps", "--json"], env)).toEqual(byFlag);
  });

  it("never gets the token that lies in HOME", async () => {
    const { code, err } = await runCli(["ps", "--home", service.home, "--url", service.door.url]);
    expect(code).toBe(4);
    expect(err).toContain("HOME/token is sent to the service of HOME only");
  });

  it("says which token was refused, and quotes none", async () => {
    const { url } = service.door;
    const wrong = await away(["ps", "--url", url, "--token", "not-the-token"]);
    expect(wrong).toMatchObject({ code: 4, out: "" });
    expect(wrong.err).toContain("dreamos: unauthorized: ");
    const broken = await away(["ps", "--url", url], { DREAMOS_TOKEN: "tök\nen" });
    expect(broken).toMatchObject({ code: 4, out: "" });
    expect(broken.err).toContain("Cannot use a token of 6 characters");
    expect(wrong.err + broken.err).not.toMatch(/not-the-token|tök/);
  });

  it.each(["ftp://localhost", "localhost:7420", "http://a@b:1", "http://h:1/x", "http://h/?q"])(
    "is no %s",
    async (url) => {
      const { code, err } = await away(["ps", "--url", url, "--token", "t"]);
      expect([code, err]).toEqual([2, expect.stringContaining("--url wants http://HOST:PORT")]);
    },
  );

  it("ends with 3 when nothing answers there", async () => {
    const { code, err } = await away(["ps", "--url", "http://127.0.0.1:9", "--token", "t"]);
    expect([code, err]).toEqual([3, expect.stringContaining("Nothing answers at http://127.0")]);
  });

  it("wants a CA file that can be read and holds a certificate", async () => {
    const file = `${empty}/ca.pem`;
    const args = ["ps", "--url", "https://127.0.0.1:9", "--token", "t", "--ca", file];
    const missing = await away(args);
    expect([missing.code, missing.err]).toEqual([78, expect.stringContaining(`${file}: ENOENT`)]);
    await Deno.writeTextFile(file, "no certificate");
    expect((await away(args)).err).toContain("wanted the CA's certificate as PEM");
  });
});

it("commands that talk to no service take no token", async () => {
  const { code, err } = await away(["version", "--token", "t"]);
  expect([code, err]).toEqual([2, expect.stringContaining("has no option --token")]);
});

describe("a service that takes connections", () => {
  /** One that answers `/healthz` or not, and all else after `lookedAt` questions for that. */
  async function askOne(isAlive: boolean) {
    let looks = 0;
    const enough = Promise.withResolvers<Response>();
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      if (!request.url.endsWith("/healthz")) return enough.promise;
      if (++looks === 3) enough.resolve(new Response("late"));
      return isAlive ? new Response("{}") : enough.promise;
    });
    const url = `http://127.0.0.1:${server.addr.port}`;
    const ask = patientFetch({ url, fetch, everyMs: 10, silentMs: 500 });
    try {
      return await (await ask(`${url}/long`, {})).text();
    } finally {
      enough.resolve(new Response());
      await server.shutdown().catch(() => {});
    }
  }

  it("is waited for as long as it says that it is there", async () => {
    expect(await askOne(true)).toBe("late");
  });

  it("is not waited for when it says nothing at all", async () => {
    await expect(askOne(false)).rejects.toMatchObject({
      code: "not_ready",
      message: expect.stringMatching(/takes connections, but has said nothing for 0.5 s/),
    });
  });
});
