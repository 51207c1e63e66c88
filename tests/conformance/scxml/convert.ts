/** SCXML documents to XState machines: the subset for which XState has a word. */
import { type Given, machine } from "../case.ts";
import { actionsOf } from "./actions.ts";
import { type Element, parse, tags } from "./element.ts";
import { checkExpression, evaluate, Unsupported } from "./expression.ts";

/** What the converter collects on its way through one document. */
interface Collected {
  actors: Record<string, object>;
}

/** Keys of states: XState reads dots as paths. */
export const keyOf = (id: string) => id.replaceAll(".", "_");

const stateTags = ["state", "parallel", "final", "history"];
let nameless = 0;

/** @throws {Unsupported} with the reason why the document does not apply */
export function convert(xml: string): object {
  const root = parse(xml).find(({ name }) => name === "scxml");
  if (!root) throw new Unsupported("no document");
  return fromRoot(root);
}

function fromRoot(root: Element): object {
  if (tags(root, "script").length > 0) throw new Unsupported("<script>");
  const collected: Collected = { actors: {} };
  const config = stateOf(root, "(machine)", collected);
  const data = tags(root, "datamodel").flatMap((model) => tags(model, "data"));
  const context = () => {
    const values: Record<string, unknown> = {};
    for (const { attribs } of data) {
      values[attribs["id"]!] = attribs["expr"] === undefined
        ? undefined
        : evaluate(attribs["expr"], { context: values, event: { type: "" } });
    }
    return values;
  };
  for (const one of data) {
    if (one.attribs["expr"] !== undefined) checkExpression(one.attribs["expr"]);
    if (one.attribs["src"] !== undefined) throw new Unsupported("<data src>");
    if (one.attribs["expr"] === undefined && one.children.length > 0) {
      throw new Unsupported("<data> with content");
    }
  }
  return machine({ ...config, context }, { actors: collected.actors });
}

function stateOf(element: Element, id: string, collected: Collected): Record<string, unknown> {
  const { name } = element;
  if (name === "history") return historyOf(element, id);
  if (name !== "scxml" && tags(element, "datamodel").length > 0) {
    throw new Unsupported("<datamodel> of a state");
  }
  if (tags(element, "donedata").length > 0) throw new Unsupported("<donedata>");
  const children = tags(element, ...stateTags).map((child) => {
    const childId = child.attribs["id"] ?? `nameless-${nameless++}`;
    return [childId, child] as const;
  });
  const states = children.map(([childId, child]) =>
    [keyOf(childId), stateOf(child, childId, collected)] as const
  );
  const config: Record<string, unknown> = {
    id: keyOf(id),
    entry: tags(element, "onentry").flatMap((block) => actionsOf(tags(block))),
    exit: tags(element, "onexit").flatMap((block) => actionsOf(tags(block))),
  };
  if (name === "final") return { ...config, type: "final" };
  if (states.length > 0) config["states"] = Object.fromEntries(states);
  if (name === "parallel") config["type"] = "parallel";
  else if (states.length > 0) config["initial"] = initialOf(element, children.map(([key]) => key));
  Object.assign(config, transitionsOf(element));
  const invoke = tags(element, "invoke").map((one) => invokeOf(one, id, collected));
  return invoke.length > 0 ? { ...config, invoke } : config;
}

function historyOf(element: Element, id: string): Record<string, unknown> {
  const [transition] = tags(element, "transition");
  if (transition && tags(transition).length > 0) throw new Unsupported("actions of a history");
  const target = transition?.attribs["target"];
  return {
    id: keyOf(id),
    type: "history",
    history: element.attribs["type"] ?? "shallow",
    ...(target === undefined ? {} : { target: targetsOf(target) }),
  };
}

function initialOf(element: Element, children: string[]): unknown {
  const [block] = tags(element, "initial");
  const [transition] = block ? tags(block, "transition") : [];
  const target = element.attribs["initial"] ?? transition?.attribs["target"] ?? children[0]!;
  if (!children.includes(target)) throw new Unsupported("an initial state deeper down");
  const actions = transition ? actionsOf(tags(transition)) : [];
  return actions.length > 0 ? { target: keyOf(target), actions } : keyOf(target);
}

const targetsOf = (target: string) => target.trim().split(/\s+/).map((id) => `#${keyOf(id)}`);

function transitionsOf(element: Element): Record<string, unknown> {
  const on: Record<string, object[]> = {};
  const always: object[] = [];
  for (const one of tags(element, "transition")) {
    const { event, target, cond, type } = one.attribs;
    if (cond !== undefined) checkExpression(cond);
    const transition = {
      ...(target === undefined ? {} : { target: targetsOf(target) }),
      ...(target === undefined || type === "internal" && isInside(element, target)
        ? {}
        : { reenter: true }),
      ...(cond === undefined ? {} : { guard: (given: Given) => Boolean(evaluate(cond, given)) }),
      actions: actionsOf(tags(one)),
    };
    if (event === undefined) always.push(transition);
    else for (const each of event.trim().split(/\s+/)) (on[eventOf(each)] ??= []).push(transition);
  }
  return always.length > 0 ? { on, always } : { on };
}

/** Only then is an internal transition internal: the source stays, what is in it changes. */
function isInside(source: Element, target: string): boolean {
  const ids = new Set<string>();
  const collect = (element: Element) => {
    for (const child of tags(element, ...stateTags)) {
      if (child.attribs["id"] !== undefined) ids.add(child.attribs["id"]);
      collect(child);
    }
  };
  collect(source);
  return source.name === "state" && target.trim().split(/\s+/).every((id) => ids.has(id));
}

/** Names of events that XState makes itself. */
function eventOf(descriptor: string): string {
  if (descriptor.startsWith("error")) throw new Unsupported("events of SCXML's own errors");
  if (descriptor === "done.invoke" || descriptor === "done.invoke.*") {
    throw new Unsupported("done.invoke without an id");
  }
  const ofState = /^done\.state\.(.+)$/.exec(descriptor);
  if (ofState) return `xstate.done.state.${keyOf(ofState[1]!)}`;
  return descriptor
    .replace(/^done\.invoke\./, "xstate.done.actor.");
}

function invokeOf(element: Element, state: string, collected: Collected): object {
  const { id, type, autoforward } = element.attribs;
  const isScxml = type === undefined || /^(scxml|http:\/\/www\.w3\.org\/TR\/scxml\/?)$/.test(type);
  const content = tags(element, "content").flatMap((one) => tags(one, "scxml"))[0];
  if (!isScxml || !content) throw new Unsupported("<invoke> of anything but a document inside");
  if (element.attribs["idlocation"]) throw new Unsupported("<invoke idlocation>");
  if (autoforward === "true") throw new Unsupported("<invoke autoforward>");
  if (tags(element).length > 1 || element.attribs["namelist"]) {
    throw new Unsupported("<param> or <finalize> of <invoke>");
  }
  const src = `${state} ${Object.keys(collected.actors).length}`;
  collected.actors[src] = fromRoot(content);
  return { src, id: id ?? src };
}
