/** Executable content of SCXML as actions of XState. */
import { assign, cancel, enqueueActions, log, raise, sendParent, sendTo } from "xstate";
import type { Given } from "../case.ts";
import { type Element, tags } from "./element.ts";
import { checkExpression, evaluate, Unsupported } from "./expression.ts";

const isName = /^[A-Za-z_$][\w$]*$/;

/** @throws {Unsupported} */
export function actionsOf(elements: readonly Element[]): never[] {
  return elements.map((element) => actionOf(element) as never);
}

function actionOf(element: Element): unknown {
  const { name, attribs } = element;
  for (const [key, value] of Object.entries(attribs)) {
    if (key === "cond" || key.endsWith("expr")) checkExpression(value);
  }
  switch (name) {
    case "raise":
      return raise({ type: attribs["event"]! });
    case "log":
      return log((given: Given) => String(evaluate(attribs["expr"] ?? "''", given)));
    case "assign":
      if (!isName.test(attribs["location"] ?? "") || attribs["expr"] === undefined) {
        throw new Unsupported("<assign> to anything but a variable");
      }
      return assignment(attribs["location"]!, attribs["expr"]);
    case "cancel":
      return cancel((given: Given) =>
        attribs["sendid"] ?? String(evaluate(attribs["sendidexpr"]!, given))
      );
    case "send":
      return sendOf(element);
    case "if":
      return ifOf(element);
    default:
      throw new Unsupported(`<${name}>`);
  }
}

function sendOf(element: Element): unknown {
  const { event, eventexpr, target, id, delay, delayexpr, type, ...rest } = element.attribs;
  const odd = ["targetexpr", "typeexpr", "idlocation", "namelist"].find((key) => key in rest);
  if (odd) throw new Unsupported(`<send ${odd}>`);
  if (type !== undefined && !type.endsWith("#SCXMLEventProcessor")) {
    throw new Unsupported("<send type>");
  }
  if (tags(element, "content").length > 0) throw new Unsupported("<content> of <send>");
  const params = tags(element, "param");
  const make = (given: Given) => ({
    type: event ?? String(evaluate(eventexpr!, given)),
    ...(params.length === 0 ? {} : {
      data: Object.fromEntries(
        params.map(({ attribs }) => [
          attribs["name"]!,
          evaluate(attribs["expr"] ?? attribs["location"]!, given),
        ]),
      ),
    }),
  });
  const later = delay ?? delayexpr;
  const options = {
    ...(id === undefined ? {} : { id }),
    ...(later === undefined ? {} : {
      delay: (given: Given) => msOf(delay ?? String(evaluate(delayexpr!, given))),
    }),
  };
  return sender(target, make as never, options as never);
}

function sender(target: string | undefined, make: never, options: never): unknown {
  if (target === "#_internal") return raise(make, options);
  if (target === "#_parent") return sendParent(make, options);
  if (target === undefined) {
    return sendTo((({ self }: { self: unknown }) => self) as never, make, options);
  }
  if (target.startsWith("#_") && !target.startsWith("#_scxml")) {
    return sendTo(target.slice(2), make, options);
  }
  throw new Unsupported("<send> to another session");
}

/** `1s`, `.5s`, `100ms`. */
function msOf(delay: string): number {
  const [, number, unit] = /^([\d.]+)(ms|s)?$/.exec(delay.trim()) ?? [];
  return Number(number) * (unit === "s" ? 1_000 : 1);
}

function ifOf(element: Element): unknown {
  const branches: { cond: string | null; actions: never[] }[] = [
    { cond: element.attribs["cond"]!, actions: [] },
  ];
  for (const one of tags(element)) {
    if (one.name === "elseif") branches.push({ cond: one.attribs["cond"]!, actions: [] });
    else if (one.name === "else") branches.push({ cond: null, actions: [] });
    else branches.at(-1)!.actions.push(...actionsOf([one]));
  }
  for (const { cond } of branches) if (cond) checkExpression(cond);
  return enqueueActions(({ enqueue, context, event }) => {
    const given = { context, event } as Given;
    const taken = branches.find(({ cond }) => cond === null || evaluate(cond, given));
    for (const action of taken?.actions ?? []) enqueue(action);
  });
}

function assignment(location: string, expr: string): unknown {
  return assign((given: Given) => ({ [location]: evaluate(expr, given) }));
}
