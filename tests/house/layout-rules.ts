/** Rules of size and naming. */
import { at, type CodeFile, isCode, type Rule, type SourceFile, type Violation } from "./source.ts";

const longestLine = 100;
const longestFunction = 70;

/** Tests may be longer: they are lists. Migrations are as long as they are. */
function longestFile(path: string): number {
  if (path.includes("/migrations/")) return Infinity;
  return path.startsWith("tests/") ? 400 : 300;
}

const lines = (count: number, text: string) => Array(count).fill(text).join("\n") + "\n";

const fileLength: Rule<CodeFile> = {
  name: "files have at most 300 lines, tests 400",
  find: (files) =>
    files.flatMap(({ path, text }) => {
      const count = text.split("\n").length - 1;
      const most = longestFile(path);
      return count > most ? [`${path}:${most + 1} has ${count} lines, at most ${most}`] : [];
    }),
  planted: [
    { path: "src/long.ts", text: `${lines(300, "go();")}// PLANTED\n` },
    { path: "src/just-short-enough.ts", text: lines(300, "go();") },
    { path: "tests/long.test.ts", text: lines(400, "go();") },
  ],
};

const lineLength: Rule<CodeFile> = {
  name: `lines have at most ${longestLine} characters`,
  find: (files) =>
    files.flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) =>
        [...line].length > longestLine ? [`${path}:${index + 1} has ${[...line].length}`] : []
      )
    ),
  planted: [{ path: "src/wide.ts", text: `// PLANTED ${"x".repeat(90)}\n// ${"x".repeat(97)}\n` }],
};

/** Lines of formatted code that open a function: declarations, methods, arrows with a body. */
const words = "(?:(?:export|default|async|static|private|override|get|set) )*";
const opensFunction = new RegExp(`^${words}(?:function\\b|[#\\w]+(?:<.*>)?\\()|=> \\{$`);
const opensOther = /^(?:if|for|while|switch|catch|return|else|do|try|throw|await)\b/;

const functionLength: Rule<CodeFile> = {
  name: `functions have at most ${longestFunction} lines`,
  find: (files) => files.flatMap(findLongFunctions),
  planted: [
    {
      path: "src/deep.ts",
      text: `export function run() { // PLANTED\n${lines(70, "  go();")}}\n` +
        `class A {\n  async open(a: number): Promise<void> { // PLANTED\n${
          lines(71, "    go();")
        }` +
        `  }\n}\nfunction fine() {\n${lines(68, "  go();")}}\n`,
    },
    {
      path: "src/wrapped.ts",
      text: `export function run( // PLANTED\n  a: number,\n): void {\n${lines(70, "  go();")}}\n`,
    },
    { path: "src/call.ts", text: `run(\n  1,\n  {\n${lines(80, "    a: 1,")}  },\n);\n` },
    { path: "src/one.ts", text: `const a = run({\n${lines(80, "  a: 1,")}});\n` },
    { path: "src/two.ts", text: `run({\n${lines(80, "  a: 1,")}});\n` },
    { path: "src/table.ts", text: `export const table = {\n${lines(90, "  a: 1,")}};\n` },
  ],
};

/** What holds tests is a list, not a function. */
const listOfTests = /^(?:describe\b|(?:export )?function describe[A-Z])/;

/** In formatted code a body ends at the first line of the same indentation that begins with `}`. */
function findLongFunctions({ path, code }: CodeFile): Violation[] {
  const all = code.split("\n").map((line) => line.trimEnd());
  return all.flatMap((line, index) => {
    const bare = line.trim();
    if (!opensFunction.test(bare) || opensOther.test(bare)) return [];
    if (path.startsWith("tests/") && listOfTests.test(bare)) return [];
    const indent = line.slice(0, line.length - bare.length);
    const after = (mark: string) =>
      all.findIndex((other, at) => at > index && other.startsWith(indent + mark));
    const opens = bare.endsWith("(") ? all[after(")")] ?? "" : bare;
    // A call whose last argument is an object looks much the same.
    if (!opens.endsWith("{") || /[({[,] ?\{$/.test(opens)) return [];
    const count = after("}") - index + 1;
    return count > longestFunction ? [`${path}:${index + 1} function of ${count} lines`] : [];
  });
}

const bannedNames = /^(?:utils?|common|helpers?|lib|types|managers?|misc|shared)$/;
const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|contract|config|test-d))?\.(?:ts|mjs)$/;

const naming: Rule<SourceFile> = {
  name: "files and folders are named in kebab-case after what they hold",
  find: (files) =>
    files.flatMap(({ path }) => {
      const parts = path.split("/");
      const bad = parts.find((part) => bannedNames.test(part.replace(/\..*$/, "")));
      if (bad) return [`${path}:1 "${bad}" says nothing: name what it holds`];
      return isCode(path) && !kebab.test(parts.at(-1)!) ? [`${path}:1 wanted kebab-case`] : [];
    }),
  planted: [
    { path: "src/api/utils.ts", text: "PLANTED" },
    { path: "src/types/state.ts", text: "PLANTED" },
    { path: "src/api/apiClient.ts", text: "PLANTED" },
    { path: "src/api/error-page.ts", text: "" },
    { path: "tests/contract/store.contract.ts", text: "" },
  ],
};

const documented: Rule<CodeFile> = {
  name: "exported functions and classes of src say what they are for",
  find: (files) =>
    files.filter(({ path }) => path.startsWith("src/")).flatMap(({ path, text, code }) =>
      Array.from(code.matchAll(/^export (?:default )?(?:async )?(?:function|class) .*$/gm))
        .filter(({ index }, place) => !isDocumented(text, index, place === 0))
        .map(({ index, 0: line }) => at(path, text, index, `no docstring: ${line.slice(0, 60)}`))
    ),
  planted: [
    {
      path: "src/bare.ts",
      text: "export function bare() {} // PLANTED\n\n/** Says why. */\nexport class Told {}\n",
    },
    {
      path: "src/headed.ts",
      text: '/** Says why. */\nimport "./bare.ts";\nexport class Told {}\n' +
        "export function bare() {} // PLANTED\n",
    },
  ],
};

/** The header of a file is the docstring of its main export, the first. */
function isDocumented(text: string, index: number, isFirst: boolean): boolean {
  return text.slice(0, index).trimEnd().endsWith("*/") || (isFirst && text.startsWith("/**"));
}

export const layoutRules = [fileLength, lineLength, functionLength, documented];
export const nameRules = [naming];
