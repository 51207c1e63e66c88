/** The alert rules of `grafana/alerts.yml`, as far as tests look into them. */

export const folder = new URL("../../grafana/", import.meta.url);

export interface Rule {
  alert: string;
  expr: string;
  /** What is compared with the bound. */
  measured: string;
}

/** @throws {Error} when a rule has no expression in the form `measured > bound` */
export function readRules(): Rule[] {
  const text = Deno.readTextFileSync(new URL("alerts.yml", folder));
  return text.split("- alert: ").slice(1).map((part) => {
    const alert = part.slice(0, part.indexOf("\n"));
    const expr = /^ +expr: (.+)$/m.exec(part)?.[1] ?? "";
    const measured = /^(.+) (?:==|<|>) [\d.e]+$/.exec(expr)?.[1];
    if (!measured) throw new Error(`${alert} compares nothing: ${expr}`);
    return { alert, expr, measured };
  });
}

/** Names of our metrics in an expression, without the suffixes of histograms. */
export function metricsIn(expr: string): string[] {
  return (expr.match(/dreamos_[a-z_]+/g) ?? []).map((name) =>
    name.replace(/_(bucket|sum|count)$/, "")
  );
}
