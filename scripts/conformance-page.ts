/** Writes docs/conformance.md from the corpus and the SCXML documents; part of `npm run docs`. */
import { outcomes } from "../tests/conformance/scxml/fixtures.ts";
import { conformancePage } from "../tests/conformance/scxml/page.ts";

// XState warns of every event that comes to a stopped actor.
console.warn = () => {};
const page = new URL("../docs/conformance.md", import.meta.url);
await Deno.writeTextFile(page, conformancePage(await outcomes()));
