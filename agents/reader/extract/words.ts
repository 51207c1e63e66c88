/**
 * Words, sentences and stop words in any script. `Intl.Segmenter` knows the scripts without spaces;
 * its rules come with the runtime's ICU, so one Deno version always gives one answer.
 */
import {
  ara,
  deu,
  eng,
  fra,
  hin,
  ita,
  jpn,
  kor,
  nld,
  pol,
  por,
  rus,
  spa,
  swe,
  tur,
  ukr,
  zho,
} from "stopword";

const languages = [
  eng,
  deu,
  fra,
  spa,
  ita,
  por,
  nld,
  swe,
  pol,
  rus,
  ukr,
  tur,
  ara,
  hin,
  jpn,
  kor,
  zho,
];
const wordSegmenter = new Intl.Segmenter("en", { granularity: "word" });
const sentenceSegmenter = new Intl.Segmenter("en", { granularity: "sentence" });
/** Words that say little in any text about software and that the English list lacks. */
const more = ("not no will can cannot may must shall should would could also e.g i.e etc via use " +
  "used uses using see set new one two don't doesn't isn't it's you're won't").split(" ");
/** Words looked at to tell the language. */
const sample = 2_000;

/** Words in order; null where punctuation stands between two of them. Small letters. */
export function wordsOf(text: string): (string | null)[] {
  const words: (string | null)[] = [];
  for (const { segment, isWordLike } of wordSegmenter.segment(text)) {
    if (isWordLike) words.push(segment.toLowerCase());
    else if (segment.trim() !== "" && words.at(-1) !== null) words.push(null);
  }
  return words;
}

/** Sentences of one paragraph, without the white space around them. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  for (const { segment } of sentenceSegmenter.segment(text.replace(/\s+/gu, " "))) {
    const sentence = segment.trim();
    if (sentence !== "") sentences.push(sentence);
  }
  return sentences;
}

/** Stop words of the language that most of the words fit; English ones come with every language. */
export function stopWordsFor(words: readonly (string | null)[]): ReadonlySet<string> {
  let best = new Set(eng);
  let most = 0;
  for (const language of languages) {
    const set = new Set(language);
    let hits = 0;
    for (const word of words.slice(0, sample)) if (word !== null && set.has(word)) hits++;
    if (hits > most) {
      most = hits;
      best = set;
    }
  }
  return new Set([...eng, ...more, ...best]);
}
