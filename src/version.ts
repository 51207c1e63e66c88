/** The version of this checkout; package.json is where it is written. */
import { readFileSync } from "node:fs";

const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

export const version: string = JSON.parse(manifest).version;
