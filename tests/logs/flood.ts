/**
 * Writes lines through the real log until it has written so many bytes or is killed; says on stdout
 * which line is the last that is surely written. `deno run flood.ts FOLDER BYTES FILE_BYTES`
 */
import { systemClock } from "../../src/clock.ts";
import { defaultLimits } from "../../src/limits.ts";
import { LogBook } from "../../src/logs/book.ts";

const [folder, bytes, logFileBytes] = [Deno.args[0]!, Number(Deno.args[1]), Number(Deno.args[2])];
const book = new LogBook({
  folder,
  clock: systemClock,
  limits: { ...defaultLimits, logFileBytes },
  level: "info",
});
const filler = "the quick brown fox jumps over the lazy dog ".repeat(3);
const encoder = new TextEncoder();
for (let written = 0; written < bytes;) {
  for (let i = 0; i < 500; i++) {
    const n = book.newest + 1;
    book.log("info", `line ${n}`, {
      address: `/flood/agent-${n % 10}`,
      n,
      filler: filler.slice(n % 50),
    });
    written += 250;
  }
  Deno.stdout.writeSync(encoder.encode(`${book.newest}\n`));
  // Lets the packing of full files go on beside.
  await new Promise<void>((resolve) => setImmediate(resolve));
}
await book.close();
Deno.stdout.writeSync(encoder.encode("done\n"));
