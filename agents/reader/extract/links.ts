/** Links of a document: targets that its format names, and bare URLs in its text. */

const bare = /https?:\/\/[^\s<>"'`()[\]{}|\\^]+(?:\([^\s()<>]*\)[^\s<>"'`()[\]{}|\\^]*)*/giu;
const mostLinks = 200;
const longestLink = 2_000;

/** Without repeats, places within the document, scripts and inlined data; at most 200. */
export function linksOf(named: string[], text: string): string[] {
  const links = new Set<string>();
  for (const link of [...named, ...bareLinks(text)]) {
    const target = link.trim();
    if (target === "" || target.length > longestLink || /^(?:#|javascript:|data:)/iu.test(target)) {
      continue;
    }
    links.add(target);
    if (links.size >= mostLinks) break;
  }
  return [...links];
}

function* bareLinks(text: string): Generator<string> {
  for (const [link] of text.matchAll(bare)) yield link.replace(/[.,;:!?*_~。、]+$/u, "");
}
