/**
 * `readers.ts URL TOKEN COUNT`: so many readers of all events that look at nothing of what they
 * read, over sockets of their own. Says `ready` when each has its answer; ends when it is killed.
 */
const [url, token, count] = Deno.args as [string, string, string];
const { hostname, port, host } = new URL(url);
const request = `GET /api/v1/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}` +
  "\r\naccept: text/event-stream\r\n\r\n";

async function open(): Promise<Deno.Conn> {
  const socket = await Deno.connect({ hostname, port: Number(port) });
  await socket.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(1_024);
  const size = await socket.read(answer);
  const head = new TextDecoder().decode(answer.subarray(0, size ?? 0));
  if (!head.startsWith("HTTP/1.1 200")) throw new Error(`Not followed: ${head.slice(0, 100)}`);
  return socket;
}

const sockets: Deno.Conn[] = [];
while (sockets.length < Number(count)) sockets.push(await open());
const shared = new Uint8Array(64 * 1_024);
for (const socket of sockets) {
  (async () => {
    while (await socket.read(shared) !== null);
  })();
}
console.log("ready");
