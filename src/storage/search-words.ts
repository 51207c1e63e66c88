/** What a person asks, as a full-text query: safe for any text. */

/** Words that stand in nearly every English passage and tell nothing. */
const stopWords = new Set(
  ("a an and are as at be but by can could did do does for from had has have how i if in into is " +
    "it its me my no not of on or our so than that the their them then there these they this to " +
    "up was we were what when where which who why will with would you your").split(" "),
);
const mostWords = 32;

/** Distinct words of the text, lower case, in order; stop words only where there are no others. */
export function wordsOf(query: string): string[] {
  const found = query.slice(0, 10_000).normalize("NFC").toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  const all = [...new Set(found)];
  const telling = all.filter((word) => !stopWords.has(word));
  return (telling.length > 0 ? telling : all).slice(0, mostWords);
}

/**
 * The words as FTS5 queries, one each. Scripts written without spaces are stored as long words, so
 * theirs match by their beginning.
 */
export function matchesOf(query: string): string[] {
  return wordsOf(query).map((word) =>
    `"${word}"${/^[\p{Script=Latin}\p{N}]/u.test(word) ? "" : "*"}`
  );
}

/**
 * What a passage's own score is worth when it holds `held` of the `asked` words. By BM25 alone, one
 * word said again and again in a title goes before the passage that answers the question.
 */
export function scoreWith(score: number, held: number, asked: number): number {
  return score * (held / asked) ** 2;
}
