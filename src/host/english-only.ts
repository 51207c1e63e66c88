/** Leaves zod's other languages out of what every thread holds: nearly half of its source. */
import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const index = /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/;
const oneExport = /export \{ default as (\w+) \} from ["'][^"']+["'];/g;

/** In place of each language but English stands a function that says how to bring it along. */
export function englishOnly(): Plugin {
  return {
    name: "english-only",
    setup(plugin) {
      plugin.onLoad({ filter: index }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        return { contents: withoutOthers(text) };
      });
    },
  };
}

function withoutOthers(text: string): string {
  return `${
    text.replaceAll(oneExport, (line, name: string) => (
      name === "en" ? line : `export const ${name} = () => absent(${JSON.stringify(name)});`
    ))
  }
function absent(name) {
  throw new Error("An agent has zod in English; bring " + name + " along with the agent: " +
    "import { " + name + ' } from "zod/locales", z.config(' + name + "())");
}
`;
}
