/**
 * The only place that makes ids and random numbers, so that a simulation can seed both (R10).
 * Ids are never used for order: order comes from the store's sequence.
 */
import type { Clock } from "./clock.ts";

export interface Ids {
  /** A fresh UUIDv7 (RFC 9562 §5.7), lower case; later ids of one process sort later. */
  uuid(): string;
  /** 256 bits as 43 URL-safe characters: bearer tokens and host secrets. */
  secret(): string;
  /** Uniform in [0, 1): jitter. Not for secrets. */
  random(): number;
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function format(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
    text += hex[bytes[i]!];
  }
  return text;
}

/**
 * Ids from the machine's random source. Within one millisecond `rand_a` counts up (RFC 9562 §6.2,
 * method 1), so that ids of one process stay sorted even in a burst; when it is used up the next
 * millisecond is borrowed. Random bits are drawn 4 KiB at a time as one draw costs more than an id.
 */
export function systemIds(clock: Clock): Ids {
  const pool = new Uint8Array(4096);
  let used = pool.length;
  let lastMs = 0;
  let counter = 0;
  const draw = (length: number) => {
    if (used + length > pool.length) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    used += length;
    return pool.subarray(used - length, used);
  };
  return {
    uuid() {
      const now = clock.wallMs();
      if (now > lastMs) {
        lastMs = now;
        counter = 0;
      } else if (++counter > 0xfff) {
        lastMs++;
        counter = 0;
      }
      const bytes = new Uint8Array(16);
      bytes.set(draw(8), 8);
      for (let i = 5, rest = lastMs; i >= 0; i--, rest = Math.floor(rest / 256)) {
        bytes[i] = rest % 256;
      }
      bytes[6] = 0x70 | (counter >> 8);
      bytes[7] = counter & 0xff;
      bytes[8] = 0x80 | (bytes[8]! & 0x3f);
      return format(bytes);
    },
    secret() {
      const bytes = crypto.getRandomValues(new Uint8Array(32));
      return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
        .replaceAll("=", "");
    },
    random: () => Math.random(),
  };
}
