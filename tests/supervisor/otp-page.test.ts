/** docs/otp.md answers for every case of OTP's suite, with tests that exist. */
import { describe, expect, it } from "vitest";
import { exitReasons } from "../../src/supervisor/exit-reason.ts";
import { readSources } from "../house/source.ts";

/** All cases of lib/stdlib/test/supervisor_SUITE.erl, OTP 28. */
const cases = `
  sup_start_normal sup_start_ignore_init sup_start_ignore_child sup_start_ignore_temporary_child
  sup_start_ignore_temporary_child_start_child sup_start_ignore_temporary_child_start_child_simple
  sup_start_ignore_permanent_child_start_child_simple sup_start_error_return sup_start_fail
  sup_start_child_returns_error sup_start_restart_child_returns_error
  sup_start_child_returns_error_simple sup_start_map sup_start_map_simple sup_start_map_faulty_specs
  sup_stop_infinity sup_stop_timeout sup_stop_timeout_dynamic sup_stop_brutal_kill
  sup_stop_brutal_kill_dynamic sup_stop_race sup_stop_non_shutdown_exit_dynamic child_adm
  child_adm_simple child_specs child_specs_map extra_return sup_flags external_start_no_progress_log
  permanent_normal transient_normal temporary_normal permanent_shutdown transient_shutdown
  temporary_shutdown faulty_application_shutdown permanent_abnormal transient_abnormal
  temporary_abnormal temporary_bystander multiple_restarts one_for_one one_for_one_escalation
  one_for_all one_for_all_escalation one_for_all_other_child_fails_restart simple_one_for_one
  simple_one_for_one_escalation simple_one_for_one_corruption rest_for_one rest_for_one_escalation
  rest_for_one_other_child_fails_restart simple_one_for_one_extra simple_one_for_one_shutdown
  simple_one_for_one_restart_ignore nonsignificant_temporary nonsignificant_transient
  significant_temporary significant_transient significant_simple significant_bystander
  significant_escalation significant_upgrade_never_any significant_upgrade_any_never
  significant_upgrade_never_all significant_upgrade_all_never significant_upgrade_any_all
  significant_upgrade_all_any significant_upgrade_child child_unlink tree count_children
  count_children_supervisor count_restarting_children get_callback_module
  do_not_save_start_parameters_for_temporary_children
  do_not_save_child_specs_for_temporary_children simple_one_for_one_scale_many_temporary_children
  simple_global_supervisor hanging_restart_loop hanging_restart_loop_rest_for_one
  hanging_restart_loop_simple code_change code_change_map code_change_simple code_change_simple_map
  order_of_children scale_start_stop_many_children format_log_1 format_log_2
  already_started_outside_supervisor which_children which_children_simple_one_for_one
`.trim().split(/\s+/);

const sources = await readSources();
const page = sources.find(({ path }) => path === "docs/otp.md")!.text;
const tests = sources
  .filter(({ path }) => path.endsWith(".test.ts") && !path.endsWith("otp-page.test.ts"))
  .map(({ text }) => text).join("\n");

/** Case → what the page says of it, in one line. */
function entriesOf(text: string): Map<string, string> {
  const list = text.slice(text.indexOf("## The cases"));
  const items = list.split(/^- /m).slice(1).map((item) => item.split(/\n\n/)[0]!);
  return new Map(items.map((item) => {
    const [, name, said] = /^`(\w+)`: (.*)$/s.exec(item)!;
    return [name!, said!.replaceAll(/\s+/g, " ").trim()];
  }));
}

function missingTests(said: string): string[] {
  const titles = Array.from(said.matchAll(/"([^"]+)"/g), ([, title]) => title!);
  if (titles.length === 0 && !/^none: \S/.test(said)) return [`neither test nor reason: ${said}`];
  return titles.filter((title) => !tests.includes(`"${title}"`));
}

describe("docs/otp.md", () => {
  const entries = entriesOf(page);

  it("names every case once, and no other", () => {
    expect([...entries.keys()].toSorted()).toEqual(cases.toSorted());
  });

  it("names tests that exist, or says why there is none", () => {
    expect([...entries.values()].flatMap(missingTests)).toEqual([]);
    expect(missingTests('"no test is called that"')).toEqual(["no test is called that"]);
    expect(missingTests("none:")).toEqual(["neither test nor reason: none:"]);
  });

  it("says what follows each exit reason", () => {
    for (const reason of exitReasons) expect(page).toMatch(new RegExp(`^\\| \`${reason}\` `, "m"));
  });
});
