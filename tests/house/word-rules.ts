/** Rules of what may be written. Patterns are spelled so that they do not find themselves. */
import { type CodeFile, findAll, type Rule, type SourceFile, type Violation } from "./source.ts";

type PathTest = (path: string) => boolean;

/** A rule that is one pattern in one of the texts of some files. */
function patternRule(
  name: string,
  where: PathTest,
  patterns: readonly { in: "code" | "comments" | "text"; pattern: RegExp }[],
  planted: readonly SourceFile[],
): Rule<CodeFile> {
  return {
    name,
    find: (files) =>
      files.filter(({ path }) => where(path)).flatMap((file): Violation[] =>
        patterns.flatMap((one) => findAll(file.path, file[one.in], one.pattern, "found"))
      ),
    planted,
  };
}

const everywhere: PathTest = () => true;
const isTest: PathTest = (path) => path.endsWith(".test.ts");

const noAny = patternRule(
  "no `any`, and no directive that switches a check off",
  everywhere,
  [
    { in: "code", pattern: /(?:[:<|&,(]\s*|\bas )any\b(?!\s*[(:.])/g },
    { in: "comments", pattern: /@ts-(?:ignore|expect-error|nocheck)|deno-(?:lint|fmt)-ignore/g },
  ],
  [{
    path: "src/loose.ts",
    text: "let a: any; // PLANTED\nconst b = a as any; // PLANTED\n// @ts-ig" +
      'nore PLANTED\nconst text = "as any"; // of any kind\nPromise.any([]);\n',
  }],
);

const injected: PathTest = (path) =>
  /^(?:src|agents)\//.test(path) && path !== "src/clock.ts" && path !== "src/ids.ts";

const timeAndChance = patternRule(
  "time and chance are read in src/clock.ts and src/ids.ts only",
  injected,
  [
    {
      in: "code",
      pattern:
        /\b(?:Date\.now|Math\.random|performance\.now|crypto\.(?:randomUUID|getRandomValues))/g,
    },
    { in: "code", pattern: /\bnew Date\(\)|\bTemporal\.Now|\brandom(?:UUID|Bytes)\(/g },
    { in: "code", pattern: /(?<!\.)\bset(?:Timeout|Interval|Immediate)\(/g },
    { in: "text", pattern: /from "node:timers[^"]*"/g },
  ],
  [
    {
      path: "src/actors/late.ts",
      text: "const now = Date.now(); // PLANTED\nsetTimeout(go, 5); // PLANTED\n" +
        "const jitter = Math.random(); // PLANTED\n// Date.now() is explained here\n" +
        'const text = "Date.now()";\nconst day = new Date(0);\n' +
        "const template = `${Date.now()} ms`; // PLANTED\n",
    },
    { path: "src/clock.ts", text: "export const now = () => Date.now();\n" },
    { path: "tests/free.test.ts", text: "const now = Date.now();\n" },
  ],
);

const ownWord = (word: string) =>
  new RegExp(
    `(?<![A-Za-z])${word}s?(?![a-z])|[a-z]${word[0]!.toUpperCase()}${word.slice(1)}s?(?![a-z])`,
    "g",
  );

const words = patternRule(
  "our things have the design's names",
  everywhere,
  ["j" + "ob", "n" + "ack", "d" + "lq", "man" + "ager"].flatMap((word) => [
    { in: "code" as const, pattern: ownWord(word) },
    { in: "comments" as const, pattern: ownWord(word) },
  ]),
  [{
    path: "src/worded.ts",
    text:
      `const ${"j" + "ob"} = 1; // PLANTED\nclass A {\n  thread${
        "Man" + "ager"
      } = 1; // PLANTED\n}\n` +
      "const jobless = 1;\n",
  }],
);

const mailboxWord = patternRule(
  "a mailbox is called a mailbox",
  (path) => /^src\/(?:actors|host|storage)\//.test(path),
  [{ in: "code", pattern: /\binbox\w*|\w+Inbox\b/g }],
  [
    { path: "src/storage/worded.ts", text: "const inbox = 1; // PLANTED\n// the inbox folder\n" },
    { path: "src/cli/flags.ts", text: "const inbox = 1;\n" },
  ],
);

const unfinished = patternRule(
  "nothing is left for later in the code",
  everywhere,
  [{ in: "text", pattern: /\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/g }],
  [{ path: "src/later.ts", text: `// ${"TO" + "DO"}: PLANTED\n// to do is to be\n` }],
);

const wholeSuites = patternRule(
  "every test runs; a skip carries its printed reason: context.skip(why)",
  isTest,
  [
    {
      in: "code",
      pattern: /\b(?:test|it|describe|suite)\.(?:on[l]y|ski[p]|tod[o]|ski[p]If|runIf)\b/g,
    },
    { in: "code", pattern: /\.ski[p]\(\s*\)/g },
  ],
  [{
    path: "tests/partial.test.ts",
    text: `test.${"on" + "ly"}("a", go); // PLANTED\ncontext.${"ski" + "p"}(); // PLANTED\n` +
      `context.${"ski" + "p"}("no bubblewrap on this machine");\n`,
  }],
);

const noSleeps = patternRule(
  "tests wait for conditions, not by the clock",
  isTest,
  [{
    in: "code",
    pattern: /setTimeou[t]\(\s*(?:r|res|resolve|done|ok)\b|\b(?:sleep|delay)\([0-9]/g,
  }],
  [{
    path: "tests/sleepy.test.ts",
    text: `await new Promise((r) => setTimeou${"t"}(r, 50)); // PLANTED\nclock.after(50, go);\n`,
  }],
);

export const wordRules = [
  noAny,
  timeAndChance,
  words,
  mailboxWord,
  unfinished,
  wholeSuites,
  noSleeps,
];

const machinePath = /(?<![\w.~$}-])\/(?:work|farm|root|home\/[a-z]+|Users\/[a-z]+|tmp\/[a-z]+)\//g;
const registryHost = /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|^registry\s*=.*$|"resolved":/gm;

/** For every tracked text, documents and settings included. */
export const textRules: readonly Rule<SourceFile>[] = [{
  name: "no file names a machine's folder or a package registry",
  find: (files) =>
    files.filter(({ path }) => !path.startsWith("tests/house/")).flatMap(({ path, text }) => [
      ...findAll(path, text, machinePath, "folder of one machine"),
      ...findAll(path, text, registryHost, "registry"),
    ]),
  planted: [{
    path: "docs/paths.md",
    text: "see /home/mia/notes PLANTED\nregistry=https://mirror.example PLANTED\n" +
      "see $HOME/inbox and /workers/w-1 and /usr/bin/env\n",
  }],
}];
