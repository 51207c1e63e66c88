import type { Span, TraceView } from "../api/client.ts";
import { usage } from "./arguments.ts";
import type { Command } from "./command.ts";
import { findService } from "./service.ts";
import { type Column, table } from "./table.ts";

const heads: Column[] = [
  { title: "AT", right: true, spare: 1 },
  { title: "TOOK", right: true },
  { title: "SPAN", cut: "end" },
  { title: "ADDRESS", cut: "middle", spare: 2 },
  { title: "ERROR" },
];

export const traceCommand: Command = {
  usage: "ID",
  summary: "show the steps of a sampled trace: request, turns, calls",
  about: [
    "ID is the 32 hex digits of the trace: the second part of its traceparent, or the traceId of",
    "a line of the log. Traces are kept in memory, the newest; see docs/logs.md.",
  ],
  examples: ["dreamos trace 0af7651916cd43dd8448eb211c80319c"],
  takes: [1, 1],
  async run(run) {
    const [id = ""] = run.args;
    if (!/^[0-9a-f]{32}$/.test(id)) throw usage("dreamos trace wants the 32 hex digits of a trace");
    const view = await findService(run).client.trace(id);
    if (run.json) {
      run.terminal.print(JSON.stringify(view));
      return 0;
    }
    const rows = rowsOf(view);
    for (const line of table(heads, rows, run.terminal.columns)) run.terminal.print(line);
    if (view.dropped > 0) run.terminal.note(`${view.dropped} more spans were not kept`);
    return 0;
  },
};

/** Each span below the one that it came of; without one that is known, at the left. */
function rowsOf({ spans }: TraceView): string[][] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const below = new Map<string | null, Span[]>();
  for (const span of spans) {
    const parent = span.parentSpanId !== null && known.has(span.parentSpanId)
      ? span.parentSpanId
      : null;
    below.set(parent, [...below.get(parent) ?? [], span]);
  }
  const firstMs = spans[0]?.startedAtMs ?? 0;
  const rows: string[][] = [];
  const open = (below.get(null) ?? []).toReversed().map((span) => ({ span, depth: 0 }));
  for (let at = open.pop(); at; at = open.pop()) {
    const { span, depth } = at;
    const { attributes } = span;
    const address = attributes["messaging.destination.name"] ?? attributes["dreamos.address"];
    rows.push([
      `+${(span.startedAtMs - firstMs).toFixed(1)}`,
      `${(span.endedAtMs - span.startedAtMs).toFixed(1)} ms`,
      `${"  ".repeat(Math.min(depth, 20))}${span.name}`,
      String(address ?? ""),
      span.error ?? "",
    ]);
    const children = (below.get(span.spanId) ?? []).toReversed();
    for (const child of children) open.push({ span: child, depth: depth + 1 });
  }
  return rows;
}
