/**
 * Every error a person or program can meet, in one table: stable `code`, HTTP status, exit code of
 * the CLI and what to do next. `docs/errors.md` is generated from it; codes are only ever added.
 */

import { verbRefusals } from "./verbs.ts";

interface ErrorKind {
  /** HTTP status the API answers with. */
  status: number;
  /** Exit code of the CLI (design, Conventions). */
  exit: number;
  /** What a person does next. */
  hint: string;
}

export const errorKinds = {
  // input
  bad_request: { status: 400, exit: 2, hint: "Correct the request as the message says." },
  bad_cursor: {
    status: 400,
    exit: 2,
    hint: "Give nextCursor of the page before, with the same filters, or begin without a cursor.",
  },
  invalid_json: { status: 400, exit: 2, hint: "Send valid JSON (RFC 8259), UTF-8." },
  invalid_address: {
    status: 400,
    exit: 2,
    hint: "An address is /name/name of letters, digits, '.', '_' and '-'.",
  },
  invalid_payload: {
    status: 422,
    exit: 2,
    hint: "See the agent's accepted messages: dreamos status ADDRESS.",
  },
  unknown_type: {
    status: 422,
    exit: 2,
    hint: "See the agent's accepted messages: dreamos status ADDRESS.",
  },
  reserved_type: {
    status: 422,
    exit: 2,
    hint: "Types that start with 'system.' or 'xstate.' belong to the runtime; choose another.",
  },
  payload_too_large: {
    status: 413,
    exit: 2,
    hint: "Send less, or a path or id of the data instead of the data.",
  },
  unsupported_media_type: { status: 415, exit: 2, hint: "Say Content-Type: application/json." },
  request_timeout: { status: 408, exit: 6, hint: "Send the whole request at once." },
  not_durable: {
    status: 422,
    exit: 78,
    hint: "Keep only data in context and events; name logic in setupAgent().",
  },
  bad_config: { status: 500, exit: 78, hint: "Correct the configuration as the message says." },
  bad_swarm: { status: 422, exit: 78, hint: "Correct the swarm file as the message says." },
  bad_bundle: { status: 422, exit: 78, hint: "Correct the agent's module as the message says." },
  backoff_defeats_intensity: {
    status: 422,
    exit: 78,
    hint: "Shorten the backoff or lengthen periodMs so that intensity can be reached.",
  },
  no_terminal: { status: 400, exit: 2, hint: "Use dreamos tree, which needs no terminal." },
  usage: { status: 400, exit: 2, hint: "See dreamos help, or dreamos COMMAND --help." },
  // rights
  unauthorized: {
    status: 401,
    exit: 4,
    hint: "Send a valid token: docs/tokens.md; on this machine it is in HOME/token.",
  },
  denied: { status: 403, exit: 4, hint: "Ask for the capability in the swarm file's grants." },
  forbidden: {
    status: 403,
    exit: 4,
    hint: "Use a token of the role that the message names: docs/tokens.md.",
  },
  forbidden_host: {
    status: 403,
    exit: 4,
    hint: "Use the URL that dreamos up printed, or name the host there: --allow-host NAME.",
  },
  // lookup
  folder_not_empty: { status: 409, exit: 6, hint: "Name a folder that is empty or not there yet." },
  not_found: { status: 404, exit: 5, hint: "See what exists: dreamos ps, dreamos tree." },
  agent_not_found: { status: 404, exit: 5, hint: "See the agents: dreamos ps." },
  kind_not_found: { status: 404, exit: 5, hint: "See the kinds: dreamos tree --json." },
  message_not_found: {
    status: 404,
    exit: 5,
    hint: "See what is kept, and for how long: dreamos messages, dreamos status.",
  },
  bundle_not_found: { status: 404, exit: 5, hint: "See what there is: GET /api/v1/bundles." },

  ask_not_found: { status: 404, exit: 5, hint: "Asks are kept 7 days after they settle." },
  token_not_found: { status: 404, exit: 5, hint: "See the tokens: dreamos token list --all." },
  method_not_allowed: { status: 405, exit: 2, hint: "See /openapi.json for the methods." },
  // state
  address_taken: { status: 409, exit: 1, hint: "Choose another address or delete the agent." },
  token_taken: {
    status: 409,
    exit: 1,
    hint: "Choose another name, or give it a new secret: dreamos token rotate NAME.",
  },
  token_revoked: { status: 409, exit: 1, hint: "Make another: dreamos token create NAME." },
  owner_token: {
    status: 409,
    exit: 1,
    hint: "Give it a new secret instead: dreamos token rotate owner.",
  },
  too_many_tokens: { status: 409, exit: 1, hint: "Revoke those that nobody needs." },
  idempotency_conflict: {
    status: 409,
    exit: 1,
    hint: "Use a fresh Idempotency-Key for a different request.",
  },
  agent_stopped: { status: 409, exit: 1, hint: "Start it again: dreamos resume ADDRESS." },
  checkpoint_not_found: {
    status: 404,
    exit: 5,
    hint: "See what there is: dreamos checkpoints ADDRESS.",
  },
  letter_not_found: {
    status: 404,
    exit: 5,
    hint: "It was replayed, dropped or is too old: dreamos deadletters.",
  },
  not_replayable: { status: 409, exit: 1, hint: "Look at it: dreamos deadletters show ID." },
  agent_ended: { status: 409, exit: 1, hint: "Spawn a new one, or send to another agent." },
  agent_parked: {
    status: 409,
    exit: 1,
    hint: "See why: dreamos status ADDRESS; then restart or delete it.",
  },
  agent_refused: { status: 409, exit: 1, hint: "The agent said no; see its message." },
  agent_failed: { status: 409, exit: 1, hint: "See why: dreamos status ADDRESS." },
  not_an_agent: { status: 409, exit: 1, hint: "Send to an agent below it: dreamos tree." },
  not_dynamic: { status: 409, exit: 1, hint: "Spawn under a dynamic supervisor: dreamos tree." },
  definition_changed: {
    status: 409,
    exit: 1,
    hint: "Give the new definition a higher version and a migrate function.",
  },
  // what people do to agents (src/verbs.ts)
  ...verbRefusals,
  // backups
  backup_running: { status: 409, exit: 1, hint: "Wait until it is done and try again." },
  bad_backup: {
    status: 422,
    exit: 1,
    hint: "Use another backup; dreamos restore --check tests one.",
  },
  file_exists: { status: 409, exit: 1, hint: "Choose another name, or replace it with --force." },
  home_not_empty: {
    status: 409,
    exit: 1,
    hint: "Restore into a folder that is empty or not there yet: --home DIR.",
  },
  restore_unfinished: {
    status: 409,
    exit: 78,
    hint: "Restore again into the same HOME; what was half done is replaced.",
  },
  // time
  ask_timeout: {
    status: 504,
    exit: 6,
    hint: "The message may still take effect; raise timeoutMs or look at dreamos messages.",
  },
  deadlock: {
    status: 409,
    exit: 1,
    hint: "Let one agent of the cycle tell instead of ask, or ask before it is asked.",
  },
  expired: { status: 504, exit: 6, hint: "Send again with a longer expiresInMs." },
  // load
  mailbox_full: { status: 429, exit: 1, hint: "Wait as Retry-After says and send again." },
  too_many_streams: { status: 429, exit: 1, hint: "End streams that nobody reads any more." },
  too_many_children: { status: 429, exit: 1, hint: "Wait until other children have ended." },
  storage_unavailable: {
    status: 503,
    exit: 1,
    hint: "Free disk space or wait; nothing acknowledged is lost.",
  },
  shutting_down: { status: 503, exit: 3, hint: "Start it again: dreamos up." },
  // agents
  crashed: { status: 500, exit: 1, hint: "See dreamos status ADDRESS for the error." },
  poison: { status: 500, exit: 1, hint: "Fix the agent, then replay the dead letter." },
  bad_state: {
    status: 500,
    exit: 1,
    hint: "Begin anew or go back: dreamos restart ADDRESS --fresh, or --from-checkpoint ID.",
  },
  stalled: { status: 500, exit: 1, hint: "The turn passed its deadline; split the work." },
  looping: { status: 500, exit: 1, hint: "The agent keeps sending to itself; add an end." },
  out_of_memory: { status: 500, exit: 1, hint: "Keep less in memory or raise heapMb." },
  host_lost: { status: 500, exit: 1, hint: "Nothing to do: the work is handed over again." },
  killed: { status: 500, exit: 1, hint: "It was killed by a person or by its supervisor." },
  undelivered: { status: 500, exit: 1, hint: "See dreamos messages for the dead letter." },
  late_reply: { status: 409, exit: 1, hint: "The ask had ended before the reply came." },
  // calls
  unknown_call: { status: 422, exit: 2, hint: "See docs/calls.md for the calls there are." },
  call_failed: { status: 502, exit: 1, hint: "See the message of the tool." },
  call_timeout: { status: 504, exit: 6, hint: "Ask for less at once or raise the deadline." },
  in_doubt: { status: 409, exit: 1, hint: "Check outside whether it happened, then decide." },
  file_not_found: { status: 404, exit: 5, hint: "Check the path." },
  file_too_large: { status: 413, exit: 1, hint: "Split the file." },
  file_not_text: { status: 422, exit: 1, hint: "Only text files can be read." },
  file_unreadable: { status: 422, exit: 1, hint: "Check the file's permissions." },
  // system
  not_running: { status: 503, exit: 3, hint: "Start it: dreamos up." },
  not_stopped: {
    status: 504,
    exit: 6,
    hint: "It is still draining: wait, or end the process by its pid.",
  },
  not_ready: { status: 504, exit: 6, hint: "Wait and look again: dreamos status." },
  home_in_use: {
    status: 409,
    exit: 1,
    hint: "Stop the other instance (dreamos down) or use another --home.",
  },
  tls_failed: {
    status: 502,
    exit: 3,
    hint: "Name the certificate that it was signed with: --ca FILE, or DREAMOS_CA.",
  },
  port_in_use: { status: 409, exit: 1, hint: "Choose another --port; 0 picks a free one." },
  database_newer: {
    status: 500,
    exit: 78,
    hint: "Install the version of dreamos that made it, or restore a backup.",
  },
  database_corrupt: {
    status: 500,
    exit: 78,
    hint: "Restore a backup, or move the file away to begin anew; it was left as it is.",
  },
  bad_frame: { status: 500, exit: 1, hint: "The host was ended; its agents are resumed." },
  intensity_reached: { status: 500, exit: 70, hint: "See dreamos tree for what kept failing." },
  internal: { status: 500, exit: 1, hint: "Please report this with the log line's id." },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** True for a code of the table; hosts and tools may send anything. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(errorKinds, text);
}

/** Small, loggable facts beside a message: addresses, counts, limits. Never payloads. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | string[]>>;

/** How an error travels between processes and into the database. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  details?: ErrorDetails;
}

/**
 * An error that people may see. The message says what was attempted, the value seen and the value
 * wanted; it holds no payload and no secret.
 */
export class DreamError extends Error {
  override name = "DreamError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, options: {
    details?: ErrorDetails;
    cause?: unknown;
  } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  toData(): ErrorData {
    const data: ErrorData = { code: this.code, message: this.message };
    return this.details ? { ...data, details: this.details } : data;
  }
}

/**
 * Turns anything thrown, `undefined` included, into data that may be shown. What is not a
 * `DreamError` keeps its message only when `fallback` is not `internal`: messages of foreign
 * errors can carry payloads (drizzle puts bound parameters into its own).
 */
export function toErrorData(thrown: unknown, fallback: ErrorCode = "internal"): ErrorData {
  if (thrown instanceof DreamError) return thrown.toData();
  if (fallback === "internal") return { code: "internal", message: "Internal error" };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: fallback, message: message.slice(0, 2000) };
}
