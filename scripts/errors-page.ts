/** Writes docs/errors.md from src/errors.ts; `npm run docs`, after a change of the table. */
import { renderErrorsPage } from "./errors-markdown.ts";

const page = new URL("../docs/errors.md", import.meta.url);
await Deno.mkdir(new URL(".", page), { recursive: true });
await Deno.writeTextFile(page, renderErrorsPage());
