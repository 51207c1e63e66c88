/** Writes docs/errors.md and the table of docs/verbs.md anew; `npm run docs`. */
import { renderErrorsPage } from "./errors-markdown.ts";
import { fillVerbsPage } from "./verbs-markdown.ts";

const page = new URL("../docs/errors.md", import.meta.url);
await Deno.mkdir(new URL(".", page), { recursive: true });
await Deno.writeTextFile(page, renderErrorsPage());

const verbs = new URL("../docs/verbs.md", import.meta.url);
await Deno.writeTextFile(verbs, fillVerbsPage(await Deno.readTextFile(verbs)));
