/**
 * `dreamos up` whose host processes name their compiled functions to `perf`:
 * `profiled-up.ts PROGRAM …` starts hosts by PROGRAM, which has to end in the Deno executable.
 */
import { main } from "../src/cli/main.ts";

const [program, ...args] = Deno.args;
Object.defineProperty(Deno, "execPath", { value: () => program });
Deno.exit(await main(args));
