/** Callers that hold on to a connection and do nothing good with it. */
import { systemClock } from "../../src/clock.ts";

const encoder = new TextEncoder();

export interface SlowCallers {
  count: number;
  leave(): void;
}

/**
 * Connections that send nothing, half a header, a header byte by byte, a body that stops, and that
 * ask for streams and large answers without reading any: a sixth each.
 */
export async function slowCallers(
  { url, token, count }: { url: string; token: string; count: number },
): Promise<SlowCallers> {
  const { hostname, port } = new URL(url);
  const head = (line: string) => `${line}\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n`;
  const kinds = [
    "",
    "GET /api/v1/status HTTP/1.1\r\nHo",
    head("GET /api/v1/status HTTP/1.1") + "X-Slow: ",
    head("POST /api/v1/messages HTTP/1.1") + 'Content-Length: 9000\r\n\r\n{"to"',
    head("GET /api/v1/events?since=7d HTTP/1.1") + "\r\n",
    head("GET /openapi.json HTTP/1.1") + "\r\n",
  ];
  const open: Deno.Conn[] = [];
  const drips: Deno.Conn[] = [];
  for (let i = 0; i < count; i++) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    open.push(connection);
    const text = kinds[i % kinds.length]!;
    if (text !== "") await connection.write(encoder.encode(text)).catch(() => 0);
    if (text.endsWith("X-Slow: ")) drips.push(connection);
  }
  let stop = () => {};
  const drip = () => {
    for (const connection of drips) connection.write(encoder.encode("a")).catch(() => {});
    stop = systemClock.after(500, drip);
  };
  drip();
  return {
    count: open.length,
    leave() {
      stop();
      for (const connection of open) connection.close();
    },
  };
}
