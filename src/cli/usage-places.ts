/** Reads the `usage` of a command: what can stand at which place of its command line. */
import type { OptionSpec } from "./command.ts";

/**
 * What can stand after `args`: words as they are typed, such as `replay`, and names of what is
 * wanted, such as ADDRESS.
 *
 * `usage` has alternatives, ` | ` between them; `a|b` is a choice at one place, `[X]` may be left
 * out, `X…` repeats, `--name VALUE` is an option and takes no place.
 */
export function placesOf(
  usage: string,
  args: readonly string[],
  known: Readonly<Record<string, OptionSpec>>,
): string[] {
  const found = usage.split(" | ").flatMap((alternative) => {
    const places = readPlaces(alternative, known);
    const fits = args.every((arg, i) => {
      const words = placeAt(places, i);
      return words.some((word) => word === arg || !isLiteral(word));
    });
    return fits ? placeAt(places, args.length) : [];
  });
  return [...new Set(found)];
}

interface Place {
  words: string[];
  repeats: boolean;
}

function readPlaces(text: string, known: Readonly<Record<string, OptionSpec>>): Place[] {
  const places: Place[] = [];
  const words = text.replaceAll(/[[\]]/g, "").trim().split(/\s+/).filter((word) => word !== "");
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word.startsWith("--")) {
      if (known[word.slice(2)]?.type === "string") i++;
      continue;
    }
    places.push({
      words: word.replace(/…$/, "").split("|"),
      repeats: word.endsWith("…"),
    });
  }
  return places;
}

function placeAt(places: readonly Place[], index: number): string[] {
  const last = places.at(-1);
  return (places[index] ?? (last?.repeats ? last : undefined))?.words ?? [];
}

function isLiteral(word: string): boolean {
  return !/^[A-Z]/.test(word);
}
