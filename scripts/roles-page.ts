/** Writes the table of routes and roles into docs/tokens.md. */
import { fillTokensPage } from "./roles-markdown.ts";

const path = new URL("../docs/tokens.md", import.meta.url);
Deno.writeTextFileSync(path, fillTokensPage(Deno.readTextFileSync(path)));
