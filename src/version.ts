/** The version of this checkout; package.json is where it is written. */
import manifest from "../package.json" with { type: "json" };

export const version: string = manifest.version;
