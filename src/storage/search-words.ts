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
 * The words as an FTS5 query that matches any of them; null when there is none. Scripts written
 * without spaces are stored as long words, so theirs match by their beginning.
 */
export function matchAny(query: string): string | null {
  const words = wordsOf(query);
  if (words.length === 0) return null;
  return words.map((word) => `"${word}"${/^[\p{Script=Latin}\p{N}]/u.test(word) ? "" : "*"}`)
    .join(" OR ");
}
