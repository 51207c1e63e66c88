/** The real service as a process of its own, started by the command that people use. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "../../src/api/client.ts";
import { type Ended, runCli } from "../cli/run-cli.ts";
import { DocumentCheck } from "./document-check.ts";
import { eventually } from "./eventually.ts";
import { hasProc, isRunning, kill9, processesNaming, type ProcessMark } from "./processes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readyWithinMs = 60_000;
const endWithinMs = 30_000;

export interface ServiceOptions {
  /** Default: a fresh temporary folder. Either way it is removed at the end. */
  home?: string;
  /** Added to `dreamos up --home HOME --port 0 --json`. */
  args?: readonly string[];
  swarm?: string;
  inbox?: string;
  env?: Record<string, string>;
  /** A program and its arguments that run the command, such as `setpriv …`. */
  under?: readonly string[];
  readyWithinMs?: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

interface ReadyLine {
  url: string;
  tokenFile: string;
  pid: number;
}

/** It ended instead of becoming ready. */
export class StartFailed extends Error {
  override name = "StartFailed";
  constructor(readonly code: number, readonly out: string, readonly err: string) {
    super(`dreamos up ended with ${code}: ${err.slice(-1_000)}`);
  }
}

/** Starts a service and waits until it is ready. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const service = new Service(options.home ?? await Deno.makeTempDir(), options);
  try {
    await service.start();
  } catch (error) {
    await service.remove();
    throw error;
  }
  return service;
}

export class Service {
  readonly home: string;
  readonly inbox: string;
  #options: ServiceOptions;
  #child: Deno.ChildProcess | null = null;
  #ended: Promise<number> = Promise.resolve(0);
  #hasEnded = true;
  #err = "";
  #out = "";
  #ready: ReadyLine | null = null;
  #token = "";
  #check: Promise<DocumentCheck> | null = null;

  constructor(home: string, options: ServiceOptions) {
    this.home = home;
    this.inbox = options.inbox ?? join(home, "inbox");
    this.#options = options;
  }

  /** What it printed for people since the first start. */
  get err(): string {
    return this.#err;
  }

  get out(): string {
    return this.#out;
  }

  /** Pid of the control process. */
  get pid(): number {
    return this.#current().pid;
  }

  get url(): string {
    return this.#current().url;
  }

  get isUp(): boolean {
    return this.#ready !== null;
  }

  /** Whether the process that was started last has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A client of the process that runs now. */
  get client(): Client {
    return createClient({ url: this.url, token: this.#token });
  }

  #current(): ReadyLine {
    if (!this.#ready) throw new Error("The service does not run");
    return this.#ready;
  }

  /** Runs the command and waits for the ready line. @throws {StartFailed} */
  async start(): Promise<void> {
    const { swarm, inbox, args = [], under = [], env } = this.#options;
    const flags = ["--home", this.home, "--port", "0", "--json"];
    if (swarm) flags.push("--swarm", swarm);
    if (inbox) flags.push("--inbox", inbox);
    const main = join(root, "src/cli/main.ts");
    const command = [Deno.execPath(), "run", "--quiet", "-A", main, "up", ...flags, ...args];
    const [program, ...rest] = [...under, ...command];
    const child = new Deno.Command(program!, {
      args: rest,
      cwd: root,
      env: { ...cleanEnv(), ...env },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#out = "";
    this.#hasEnded = false;
    const out = this.#collect(child.stdout, (text) => this.#out += text);
    const err = this.#collect(child.stderr, (text) => this.#err += text);
    const ended = child.status.then(async ({ code }) => {
      await Promise.all([out, err]);
      if (this.#child === child) this.#hasEnded = true;
      if (this.#child === child) this.#ready = null;
      return code;
    });
    this.#ended = ended;
    await this.#waitForReady(child, ended);
  }

  async #waitForReady(child: Deno.ChildProcess, ended: Promise<number>): Promise<void> {
    const over = { code: null as number | null };
    ended.then((code) => over.code = code);
    const line = await eventually(() => {
      if (over.code !== null) return "";
      return this.#out.includes("\n") ? this.#out.slice(0, this.#out.indexOf("\n")) : null;
    }, {
      what: "the ready line",
      deadlineMs: this.#options.readyWithinMs ?? readyWithinMs,
      everyMs: 10,
    }).catch((error: Error) => {
      child.kill("SIGKILL");
      throw new Error(`${error.message}; stderr: ${this.#err.slice(-2_000)}`);
    });
    if (over.code !== null) throw new StartFailed(over.code, this.#out, this.#err);
    const ready = JSON.parse(line) as ReadyLine & { event: string };
    if (ready.event !== "ready") throw new Error(`Not a ready line: ${line}`);
    this.#token = (await Deno.readTextFile(ready.tokenFile)).trim();
    this.#ready = ready;
  }

  async #collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }));
  }

  /** What the service's own document says of its answers. */
  get document(): Promise<DocumentCheck> {
    return this.#check ??= DocumentCheck.of(this.url);
  }

  /** One HTTP request as any program would send it; the answer is held to the document. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const media: Record<string, string> = body === undefined
      ? {}
      : { "content-type": "application/json" };
    const init: RequestInit = {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...media, ...headers },
    };
    if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${this.url}${path}`, init);
    const text = await response.text();
    const { status } = response;
    const answered = response.headers.get("content-type")?.split(";")[0] ?? "";
    const check = await this.document;
    const held = answered.endsWith("json") ? text : null;
    check.checkText(method, path, { status, media: answered, body: held });
    return {
      status,
      headers: response.headers,
      body: text === "" ? null : JSON.parse(text),
    };
  }

  /** The CLI against this service. */
  cli(...args: string[]): Promise<Ended> {
    return runCli([...args, "--home", this.home]);
  }

  /** Ctrl-C. @returns the exit code */
  async stop(signal: Deno.Signal = "SIGINT"): Promise<number> {
    this.#child?.kill(signal);
    return await this.end();
  }

  /** Waits for the end of the process. @returns the exit code */
  async end(): Promise<number> {
    const over = { code: null as number | null };
    this.#ended.then((code) => over.code = code);
    await eventually(() => over.code !== null, {
      what: "the end of the service",
      deadlineMs: endWithinMs,
      everyMs: 10,
    });
    return over.code!;
  }

  /** Ends the control process alone, without a word. */
  async kill9(): Promise<void> {
    this.#ready = null;
    this.#child?.kill("SIGKILL");
    await this.end();
  }

  /** Ends all that still runs by force and removes HOME. */
  async remove(): Promise<void> {
    await this.endAll();
    await Deno.remove(this.home, { recursive: true }).catch(() => {});
  }

  /** Ends all that still runs by force. */
  async endAll(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    this.#ready = null;
    try {
      child?.kill("SIGKILL");
    } catch {
      // It has gone already.
    }
    await this.#ended;
    const left = (): ProcessMark[] => hasProc ? processesNaming(this.home) : [];
    await eventually(() => left().every((mark) => !(kill9(mark) || isRunning(mark))), {
      what: `the end of the processes of ${this.home}`,
    });
  }
}

/** Nothing of the test's own `DREAMOS_*`. */
function cleanEnv(): Record<string, string> {
  const env = Object.entries(Deno.env.toObject());
  return Object.fromEntries(env.filter(([name]) => !name.startsWith("DREAMOS_")));
}
