/** Text for reading on a screen of some width. */
import { printableLines } from "../text.ts";
import { fit } from "./line.ts";
import { widthOf } from "../width.ts";

/** Lines as they are, cut into pieces where they are wider than the screen. */
export function textLines(text: string, width: number): string[] {
  return printableLines(text).flatMap((line) => {
    const pieces: string[] = [];
    for (let rest = line; widthOf(rest) > width && width > 1;) {
      const piece = fit(rest, width).slice(0, -1);
      if (piece === "") break;
      pieces.push(piece);
      rest = rest.slice(piece.length);
      if (widthOf(rest) <= width) return [...pieces, rest];
    }
    return pieces.length > 0 ? pieces : [line];
  });
}
