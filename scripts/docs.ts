/** Writes the pages of docs/ that are made from the code: `npm run docs`. */
import "./conformance-page.ts";
import "./dashboard-page.ts";
import "./errors-page.ts";
import "./roles-page.ts";
