/**
 * Key phrases and key sentences by counting alone: phrases are runs of words between stop words and
 * punctuation (as in RAKE, Rose et al. 2010), weighed by how often they and their words are used;
 * sentences are weighed by the words they hold and where they stand. Equal input, equal answer.
 */
import { type Block, oneLine } from "./parts.ts";
import { sentencesOf, stopWordsFor, wordsOf } from "./words.ts";

export interface KeyPoints {
  keySentences: string[];
  keyPhrases: string[];
}

/** Beyond this much prose only its beginning is weighed; passages hold all of it. */
const longestProse = 100_000;
const mostPhrases = 12;
const mostSentences = 5;
const longestPhrase = 3;

interface Sentence {
  text: string;
  words: (string | null)[];
  /** Place in the text, from 0. */
  at: number;
  opensBlock: boolean;
}

export function keyPointsOf(blocks: Block[], title: string): KeyPoints {
  const sentences = collect(blocks);
  const headings = blocks.filter((block) => block.type === "heading");
  const titles = wordsOf([title, ...headings.slice(0, 200).map((h) => h.text)].join(". "));
  const stops = stopWordsFor(sentences.flatMap((sentence) => sentence.words));
  const counts = new Map<string, number>();
  for (const word of sentences.flatMap((sentence) => sentence.words)) count(counts, word, stops, 1);
  for (const word of titles) count(counts, word, stops, 2);
  return {
    keyPhrases: phrases([titles, ...sentences.map((s) => s.words)], counts, stops),
    keySentences: weigh(sentences, counts, new Set(titles)),
  };
}

function collect(blocks: Block[]): Sentence[] {
  const sentences: Sentence[] = [];
  let left = longestProse;
  for (const block of blocks) {
    if (block.type !== "prose") continue;
    const text = block.text.slice(0, left);
    left -= text.length;
    // Each item of a list speaks for itself.
    const items = text.split(/^\s*- /mu);
    items.flatMap(sentencesOf).forEach((sentence, i) => {
      const words = wordsOf(sentence);
      sentences.push({ text: sentence, words, at: sentences.length, opensBlock: i === 0 });
    });
    if (left <= 0) break;
  }
  return sentences;
}

function isContent(word: string | null, stops: ReadonlySet<string>): word is string {
  if (word === null || stops.has(word) || word.length > 40) return false;
  if (/^[\d.,_'’-]+$/u.test(word)) return false;
  // One letter is a word only in scripts that need no more.
  return word.length > 1 || /\p{Script=Han}/u.test(word);
}

function count(
  counts: Map<string, number>,
  word: string | null,
  stops: ReadonlySet<string>,
  by: number,
): void {
  if (isContent(word, stops)) counts.set(word, (counts.get(word) ?? 0) + by);
}

function phrases(
  runs: (string | null)[][],
  counts: Map<string, number>,
  stops: ReadonlySet<string>,
): string[] {
  const found = new Map<string, { words: string[]; times: number }>();
  const note = (words: string[]) => {
    for (let from = 0; from < words.length; from++) {
      for (let to = from + 1; to <= Math.min(words.length, from + longestPhrase); to++) {
        const part = words.slice(from, to);
        const phrase = part.join(" ");
        const known = found.get(phrase);
        if (known) known.times++;
        else found.set(phrase, { words: part, times: 1 });
      }
    }
  };
  for (const run of runs) {
    let words: string[] = [];
    for (const word of run) {
      if (isContent(word, stops)) words.push(word);
      else {
        note(words);
        words = [];
      }
    }
    note(words);
  }
  const scored = [...found].map(([phrase, { words, times }]) => {
    const used = words.reduce((sum, word) => sum + (counts.get(word) ?? 0), 0) / words.length;
    return { phrase, words, times, score: times * Math.sqrt(words.length) * Math.log2(1 + used) };
  });
  scored.sort((a, b) => b.score - a.score || (a.phrase < b.phrase ? -1 : 1));
  return distinct(scored.filter(({ times, words }) => times > 1 || words.length > 1));
}

/** Leaves out a phrase inside a better one that is used about as often, and the reverse. */
function distinct(scored: { phrase: string; times: number }[]): string[] {
  const kept: { phrase: string; times: number }[] = [];
  for (const next of scored) {
    if (kept.length >= mostPhrases) break;
    const covered = kept.some((better) => {
      const inside = ` ${better.phrase} `.includes(` ${next.phrase} `);
      const around = ` ${next.phrase} `.includes(` ${better.phrase} `);
      return (inside && next.times < 2 * better.times) || (around && next.times * 2 < better.times);
    });
    if (!covered) kept.push(next);
  }
  return kept.map(({ phrase }) => phrase);
}

function weigh(
  sentences: Sentence[],
  counts: Map<string, number>,
  titles: ReadonlySet<string | null>,
): string[] {
  const seen = new Set<string>();
  const scored: { sentence: Sentence; score: number }[] = [];
  for (const sentence of sentences) {
    const text = oneLine(sentence.text);
    if (text.length < 25 || text.length > 320 || seen.has(text)) continue;
    seen.add(text);
    const content = [...new Set(sentence.words)].filter((word) => word && counts.has(word));
    if (content.length < 3) continue;
    let sum = 0;
    for (const word of content) {
      sum += Math.log2(1 + counts.get(word!)!) * (titles.has(word) ? 1.5 : 1);
    }
    // Long sentences hold more words without saying more.
    const score = (sum / Math.sqrt(content.length + 4)) *
      (sentence.opensBlock ? 1.15 : 1) * (1 + 0.5 / (1 + sentence.at / 4));
    scored.push({ sentence, score });
  }
  scored.sort((a, b) => b.score - a.score || a.sentence.at - b.sentence.at);
  return scored.slice(0, mostSentences)
    .sort((a, b) => a.sentence.at - b.sentence.at)
    .map(({ sentence }) => oneLine(sentence.text));
}
