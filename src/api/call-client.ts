/** The client's way to the service: one request and its answer, or a stream that is followed. */
import { DreamError, type ErrorDetails, isErrorCode } from "../errors.ts";

export interface ClientOptions {
  /** Such as `http://127.0.0.1:7420`. */
  url: string;
  token: string;
  /**
   * Instead of the global one: `app.request` talks to the API in process, without a socket. A
   * `DreamError` that it throws passes unchanged.
   */
  fetch?: (url: string, init: RequestInit) => Response | Promise<Response>;
}

export interface RequestOptions {
  signal?: AbortSignal;
}

export interface WriteOptions extends RequestOptions {
  /** The same key and body give the first answer again: safe to repeat after a broken line. */
  idempotencyKey?: string;
}

export interface CallOptions extends WriteOptions {
  body?: unknown;
}

type Query = Record<string, string | number | boolean | undefined>;

/** `?name=value…`, without what is undefined; nothing when nothing is left. */
export function queryOf(query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) params.set(key, String(value));
  }
  return params.size > 0 ? `?${params}` : "";
}

/** One page of a list. */
export interface PageQuery {
  limit?: number;
  cursor?: string;
}

/** The body of an answer that goes on. @throws {DreamError} the service's refusal */
export async function openStream(
  options: ClientOptions,
  path: string,
  more?: RequestOptions,
): Promise<ReadableStream<Uint8Array>> {
  return (await openResponse(options, path, more)).body!;
}

/** An answer that is good, with a body that was not read yet. */
export async function openResponse(
  { url, token, fetch = globalThis.fetch }: ClientOptions,
  path: string,
  { signal }: RequestOptions = {},
  method = "GET",
): Promise<Response> {
  const base = url.replace(/\/+$/, "");
  const init: RequestInit = { method, headers: { authorization: `Bearer ${token}` } };
  if (signal) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(`${base}${path}`, init);
  } catch (error) {
    if (signal?.aborted || error instanceof DreamError) throw error;
    throw new DreamError("not_running", `Cannot reach Dream.OS at ${base}`, { cause: error });
  }
  if (!response.ok || !response.body) readAnswer(response, await response.text(), base);
  return response;
}

/** How a request is sent and its answer read. */
export function caller({ url, token, fetch = globalThis.fetch }: ClientOptions) {
  const base = url.replace(/\/+$/, "");
  return async <T>(method: string, path: string, options: CallOptions = {}): Promise<T> => {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    const init: RequestInit = { method, headers };
    if (options.idempotencyKey !== undefined) headers["idempotency-key"] = options.idempotencyKey;
    if (options.signal) init.signal = options.signal;
    if (options.body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(options.body);
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${base}${path}`, init);
      text = await response.text();
    } catch (error) {
      if (options.signal?.aborted || error instanceof DreamError) throw error;
      throw new DreamError("not_running", `Cannot reach Dream.OS at ${base}`, { cause: error });
    }
    return readAnswer(response, text, base) as T;
  };
}

/** The answer's JSON, or the server's refusal as the `DreamError` that it was there. */
function readAnswer(response: Response, text: string, base: string): unknown {
  if (response.status === 204) return undefined;
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw foreign(response, base);
  }
  if (response.ok) return data;
  const error = (data as { error?: Record<string, unknown> } | null)?.error;
  if (typeof error?.message !== "string" || typeof error.code !== "string") {
    throw foreign(response, base);
  }
  const details = (error.details ?? {}) as ErrorDetails;
  if (isErrorCode(error.code)) throw new DreamError(error.code, error.message, { details });
  // A newer server may know more codes than this client.
  throw new DreamError("internal", `${error.code}: ${error.message}`, {
    details: { ...details, serverCode: error.code },
  });
}

function foreign(response: Response, base: string): DreamError {
  return new DreamError(
    "internal",
    `Cannot read the answer of ${base}: status ${response.status} without the JSON of Dream.OS`,
  );
}
