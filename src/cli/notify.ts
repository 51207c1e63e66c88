/**
 * Tells systemd how the service is, as sd_notify(3) does: datagrams to the socket of
 * `NOTIFY_SOCKET`. Without that variable nothing is told.
 */
import type { Clock } from "../clock.ts";

export interface Notifier {
  /** A long step of the start has begun: the start may take longer. */
  step(text: string): void;
  /**
   * Everything is up. From now on the watchdog is fed, each time after `progress` has come back:
   * it has to be the work that would stand still with the service.
   *
   * @param progress one line on how things are
   */
  ready(progress: () => Promise<string>): void;
  stopping(): void;
  close(): void;
}

/** What a step of the start may take, from its beginning. */
const stepUs = 300_000_000;
/** How often the line of `systemctl status` is renewed where there is no watchdog. */
const statusEveryMs = 30_000;

const silent: Notifier = { step() {}, ready() {}, stopping() {}, close() {} };

/** @param pid of this process, for which the watchdog has to be meant */
export function openNotifier(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  pid: number,
): Notifier {
  const path = env.NOTIFY_SOCKET;
  if (!path || !/^[/@]/.test(path)) return silent;
  // Deno sends from a bound socket only; a name without a file leaves nothing behind.
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: `\0dreamos-${pid}` });
  const to = { transport: "unixpacket", path: path.replace(/^@/, "\0") } as const;
  const encoder = new TextEncoder();
  // One after the other: Deno's socket takes no second datagram while it sends one.
  let sent: Promise<unknown> = Promise.resolve();
  const tell = (...lines: string[]) => {
    const datagram = encoder.encode(lines.join("\n"));
    // A systemd that is gone must not end what it manages.
    sent = sent.then(() => socket.send(datagram, to)).catch(() => {});
  };
  const isMeant = !env.WATCHDOG_PID || Number(env.WATCHDOG_PID) === pid;
  const watchdogMs = isMeant ? Number(env.WATCHDOG_USEC ?? 0) / 1_000 : 0;
  const everyMs = watchdogMs > 0 ? watchdogMs / 3 : statusEveryMs;
  let cancel = () => {};
  let isOpen = true;
  const look = async (progress: () => Promise<string>) => {
    const status = await progress().catch((error: Error) => error.message);
    if (!isOpen) return;
    tell(`STATUS=${status.replaceAll(/\s+/g, " ")}`, ...watchdogMs > 0 ? ["WATCHDOG=1"] : []);
    cancel = clock.after(everyMs, () => look(progress));
  };
  return {
    step: (text) => tell(`STATUS=${text}`, `EXTEND_TIMEOUT_USEC=${stepUs}`),
    ready(progress) {
      tell("READY=1");
      look(progress);
    },
    stopping: () => tell("STOPPING=1", "STATUS=Draining"),
    close() {
      isOpen = false;
      cancel();
      sent.then(() => socket.close());
    },
  };
}
