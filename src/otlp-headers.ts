/** Headers for a collector as `OTEL_EXPORTER_OTLP_HEADERS` has them: `NAME=VALUE,NAME=VALUE`. */

/** Of nothing, nothing. */
export function readOtlpHeaders(text: string | null): Record<string, string> {
  const pairs = (text ?? "").split(",").filter(Boolean).map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
  return Object.fromEntries(pairs);
}
