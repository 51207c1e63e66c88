/** Tokens of the real service: over TLS, over a kill, and nowhere in HOME. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../src/api/client.ts";
import { runCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const folder = fileURLToPath(new URL("../fixtures/tls/", import.meta.url));
const file = (name: string) => join(folder, `${name}.pem`);

let service: Service;
let elsewhere: string;
beforeAll(async () => {
  elsewhere = await Deno.makeTempDir();
  const tls = ["--tls-cert", file("server"), "--tls-key", file("server-key")];
  service = await startService({ args: [...tls, "--allow-host", "dreamos.test"] });
});
afterAll(async () => {
  await service?.remove();
  await Deno.remove(elsewhere, { recursive: true });
});

/** As from another machine: nothing of HOME, over TLS. */
const away = (token: string, args: string[], ca: string | null = file("ca")) => {
  const { publicUrl } = JSON.parse(service.out.split("\n")[0]!);
  const env = { DREAMOS_TOKEN: token, DREAMOS_URL: publicUrl };
  return runCli([...args, "--home", elsewhere, ...(ca ? ["--ca", ca] : [])], { env });
};

/** Every file of HOME that holds the text. */
function filesWith(text: string): string[] {
  const names = readdirSync(service.home, { recursive: true, encoding: "utf8" });
  return names.filter((name) => holds(join(service.home, name), text));
}

function holds(path: string, text: string): boolean {
  try {
    return statSync(path).isFile() && readFileSync(path).includes(text);
  } catch (error) {
    // The service that runs there has removed it since.
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}

describe("over TLS", () => {
  it("a token works from another machine that trusts the certificate", async () => {
    const { code, out, err } = await service.cli("token", "create", "ci", "--role", "operator");
    expect([code, err]).toEqual([0, expect.stringContaining("Token ci, operator")]);
    const token = out.trim();
    const sent = await away(token, ["send", "/captain", "status"]);
    expect(sent).toMatchObject({ code: 0, err: "" });
    const { items } = await service.client.messages({ from: "@ci" });
    expect(items.map(({ id }) => id)).toEqual([sent.out.trim()]);
    expect((await away(token, ["down"])).code).toBe(4);
    const foreign = await away(token, ["ps"], null);
    expect([foreign.code, foreign.err]).toEqual([
      3,
      expect.stringMatching(/^dreamos: tls_failed: Cannot trust https:.*UnknownIssuer/),
    ]);
  });

  it("the name in the certificate is answered, others are not", async () => {
    const { publicUrl } = JSON.parse(service.out.split("\n")[0]!);
    const caCerts = [await Deno.readTextFile(file("ca"))];
    using client = Deno.createHttpClient({ caCerts, allowHost: true });
    const ask = async (host: string) => {
      const init = { client, headers: { host } } as RequestInit;
      const response = await fetch(`${publicUrl}/healthz`, init);
      await response.body?.cancel();
      return response.status;
    };
    expect([await ask("dreamos.test"), await ask("evil.test")]).toEqual([200, 403]);
  });
});

it("what was made and ended is so after a kill, and no token is anywhere in HOME", async () => {
  const made: string[] = [];
  for (const name of ["kept", "ended"]) {
    const { out } = await service.cli("token", "create", name, "--role", "admin");
    made.push(out.trim());
  }
  const as = (token: string) => createClient({ url: service.url, token });
  await as(made[0]!).tokens.revoke("ended");
  const rotated = await as(made[0]!).tokens.rotate("kept", { graceMs: 3_600_000 });
  await service.kill9();
  await service.start();
  expect((await as(made[0]!).tokens.self()).name).toBe("kept");
  expect((await as(rotated.token).tokens.self()).name).toBe("kept");
  await expect(as(made[1]!).tokens.self()).rejects.toMatchObject({
    code: "unauthorized",
    details: { reason: "revoked" },
  });
  for (const token of [...made, rotated.token]) expect(filesWith(token)).toEqual([]);
});

it("the owner's token is rotated into its file", async () => {
  const path = join(service.home, "token");
  const before = (await Deno.readTextFile(path)).trim();
  const { code, out } = await service.cli("token", "rotate", "owner");
  const after = (await Deno.readTextFile(path)).trim();
  expect([code, out]).toEqual([0, `${after}\n`]);
  expect(after).not.toBe(before);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await service.cli("ps")).code).toBe(0);
  expect((await away(before, ["ps"])).code).toBe(4);
  expect(filesWith(after)).toEqual(["token"]);
  await service.stop();
  await service.start();
  expect((await service.cli("token", "show")).out).toContain("name       owner\n");
});

it("beyond loopback without TLS it says so, and others get in by their own name", async () => {
  const open = await startService({ args: ["--host", "0.0.0.0", "--insecure"] });
  try {
    await eventually(() => open.err.includes("INSECURE: the API listens on 0.0.0.0:"));
    const { port } = new URL(open.url);
    const outer = Object.values(Deno.networkInterfaces())
      .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."));
    for (const host of ["127.0.0.1", ...(outer ? [outer.address] : [])]) {
      const response = await fetch(`http://${host}:${port}/healthz`);
      expect([host, await response.json()]).toEqual([host, { status: "ok" }]);
    }
    expect((await open.cli("ps")).code).toBe(0);
  } finally {
    await open.remove();
  }
});
