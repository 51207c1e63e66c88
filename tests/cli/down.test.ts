/** `dreamos down` against processes that end, end late, or do not end. */
import { afterEach, describe, expect, it } from "vitest";
import { openHome, runCli, startCli, writeMark } from "./run-cli.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A service whose process is another one than the test's. */
async function openProcess() {
  const service = await openHome();
  const child = new Deno.Command("sleep", { args: ["120"] }).spawn();
  const end = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    return child.status;
  };
  closers.push(() => service.close(), end);
  await writeMark(service.home, service.door.url, child.pid, service.door.token);
  return { ...service, child };
}

describe("dreamos down", () => {
  it("asks the service to end and waits until its process is gone", async () => {
    const { home, door, child } = await openProcess();
    const events: string[] = [];
    door.control.onShutdown = () => {
      events.push("asked");
      child.kill("SIGTERM");
    };
    child.status.then(() => events.push("gone"));
    const ended = await runCli(["down", "--home", home]);
    events.push("returned");
    expect(ended).toMatchObject({ code: 0, out: `Stopped ${child.pid}\n` });
    expect(events).toEqual(["asked", "gone", "returned"]);
  });

  it("ends with 6 when the process does not go", async () => {
    const { home, child } = await openProcess();
    const ended = await runCli(["down", "--timeout", "150ms", "--home", home]);
    expect(ended).toMatchObject({ code: 6, out: "" });
    expect(ended.err).toContain(`not_stopped: Process ${child.pid} still runs 150 ms after`);
  });

  it("waits as long as it takes within its timeout", async () => {
    const { home, door, child } = await openProcess();
    const asked = Promise.withResolvers<void>();
    door.control.onShutdown = asked.resolve;
    const waiting = startCli(["down", "--json", "--home", home]);
    await asked.promise;
    let returned = false;
    const output = waiting.output().then((done) => {
      returned = true;
      return done;
    });
    expect(returned).toBe(false);
    child.kill("SIGKILL");
    const { code, stdout } = await output;
    expect(code).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(stdout))).toEqual({ stopped: true, pid: child.pid });
  });

  it("says that nothing runs", async () => {
    const home = await Deno.makeTempDir();
    closers.push(() => Deno.remove(home, { recursive: true }));
    expect((await runCli(["down", "--home", home])).code).toBe(3);
  });
});
