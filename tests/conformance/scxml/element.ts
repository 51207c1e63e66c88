/** XML elements, as the converter walks them. */
import { parseDocument } from "htmlparser2";

type Node = ReturnType<typeof parseDocument>["children"][number];
export type Element = Extract<Node, { attribs: Record<string, string> }>;

const isElement = (node: Node): node is Element => "attribs" in node;

/** The elements inside, of these names; of all without. */
export function tags(element: Element, ...names: string[]): Element[] {
  return element.children.filter(isElement)
    .filter(({ name }) => names.length === 0 || names.includes(name));
}

export function parse(xml: string): Element[] {
  return parseDocument(xml, { xmlMode: true }).children.filter(isElement);
}
