/** The version of this checkout; package.json is where it is written. */

const manifest = Deno.readTextFileSync(new URL("../package.json", import.meta.url));

export const version: string = JSON.parse(manifest).version;
