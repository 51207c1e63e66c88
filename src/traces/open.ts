/** Traces as the service has them. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Ids } from "../ids.ts";
import type { Log } from "../log.ts";
import { readOtlpHeaders } from "../otlp-headers.ts";
import { version } from "../version.ts";
import { SpanExporter } from "./exporter.ts";
import { Traces } from "./traces.ts";

/** At the end, what waits is sent for so long. */
const closeMs = 2_000;

/** Spans are kept for who asks and, where the configuration names a collector, sent to it. */
export function openTraces(
  { otlpEndpoint: endpoint, otlpHeaders, tracePercent: percent }: Config,
  { clock, ids, log }: { clock: Clock; ids: Ids; log: Log },
): { traces: Traces; close(): Promise<void> } {
  if (endpoint === null) {
    return { traces: new Traces({ clock, ids, percent }), close: () => Promise.resolve() };
  }
  const exporter = new SpanExporter({
    ...{ endpoint, clock },
    headers: readOtlpHeaders(otlpHeaders),
    service: { name: "dreamos", version, instanceId: ids.uuid() },
    onState({ ok, why, dropped }) {
      if (ok) log("info", "spans reach the collector", { dropped });
      else log("warn", "spans do not reach the collector", { why, dropped });
    },
  });
  const onSpan = exporter.add.bind(exporter);
  return {
    traces: new Traces({ clock, ids, percent, onSpan }),
    close: () => exporter.close(closeMs),
  };
}
