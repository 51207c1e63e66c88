/**
 * A local WebSocket that says inspection events to whoever listens, and a page that shows them in
 * Stately's inspector. States are in there: only who knows the address, which holds a secret, may
 * listen; of web pages only this one.
 */
import { DreamError } from "../errors.ts";
import type { StatelyEvent } from "./stately.ts";

/** Events kept for those who come later; actors are always kept. */
const mostKept = 200;
/** Bytes that one listener may be behind; then it is let go. */
const mostBehind = 16 * 1024 * 1024;

export interface StatelyServer {
  url: string;
  say(event: StatelyEvent): void;
  stop(): Promise<void>;
}

/** @throws {DreamError} `port_in_use` */
export function serveStately(port: number, secret: string): StatelyServer {
  const sockets = new Set<WebSocket>();
  const actors: string[] = [];
  const kept: string[] = [];
  const server = listen(port, (request) => {
    const { host, pathname } = new URL(request.url);
    if (pathname !== `/${secret}` || !isOurs(request, host)) {
      return new Response("forbidden\n", { status: 403 });
    }
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return page(`${host}/${secret}`);
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => {
      for (const text of [...actors, ...kept]) socket.send(text);
      sockets.add(socket);
    };
    socket.onclose = () => void sockets.delete(socket);
    socket.onerror = () => void sockets.delete(socket);
    return response;
  });
  return {
    url: `ws://127.0.0.1:${server.addr.port}/${secret}`,
    say(event) {
      const text = JSON.stringify(event);
      if (event.type === "@xstate.actor") actors.push(text);
      else kept.push(text);
      if (kept.length > mostKept) kept.shift();
      for (const socket of sockets) {
        if (socket.bufferedAmount > mostBehind) socket.close();
        else if (socket.readyState === WebSocket.OPEN) socket.send(text);
      }
    },
    async stop() {
      for (const socket of sockets) socket.close();
      await server.shutdown();
    },
  };
}

function listen(port: number, handle: (request: Request) => Response) {
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handle);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new DreamError("port_in_use", `Cannot listen on 127.0.0.1:${port}: it is taken`, {
      details: { port },
    });
  }
}

/** A page of another site can open sockets to this machine too: its origin shows. */
function isOurs(request: Request, host: string): boolean {
  if (!/^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host)) return false;
  const origin = request.headers.get("origin");
  return origin === null || origin === `http://${host}`;
}

const inspector = "https://stately.ai";

/** Hands events to Stately's inspector in a frame, as @statelyai/inspect's own bridge does. */
function page(place: string): Response {
  const html = `<!DOCTYPE html>
<html lang="en">
<title>Dream.OS in Stately's inspector</title>
<style>html, body, iframe { margin: 0; border: 0; width: 100%; height: 100% }</style>
<iframe id="inspector" src="${inspector}/inspect" title="Stately's inspector"></iframe>
<script>
  const frame = document.getElementById("inspector");
  const waiting = [];
  let connected = false;
  const say = (event) => frame.contentWindow.postMessage(event, "${inspector}");
  addEventListener("message", ({ origin, data }) => {
    if (origin !== "${inspector}" || data?.type !== "@statelyai.connected") return;
    connected = true;
    waiting.splice(0).forEach(say);
  });
  new WebSocket("ws://${place}").onmessage = ({ data }) => {
    const event = JSON.parse(data);
    connected ? say(event) : waiting.push(event);
  };
</script>
`;
  return new Response(html, {
    headers: { "content-type": "text/html; charset=utf-8", "referrer-policy": "no-referrer" },
  });
}
