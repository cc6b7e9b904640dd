/** `rota device check`: the conformance suite over a plugin's folder and its recordings. Runs no vendor's tool. */
import { resolve } from "node:path";
import type { CheckResult } from "../../../../plugins/sdk/conformance/check.ts";
import { readRecordings } from "../../../../plugins/sdk/conformance/recorded-host.ts";
import { runConformance } from "../../../../plugins/sdk/conformance/suite.ts";
import { ok } from "../../../model/refusal.ts";
import { answer, type CommandContext, EXIT_FAILED, EXIT_OK, fail } from "../context.ts";
import { printable, type Terminal } from "../terminal.ts";
import { pluginFactory } from "./factory.ts";

export interface CheckDeviceFlags {
  readonly recordings?: string;
  readonly json?: boolean;
}

/** The exit code: 0 when no check failed. */
export async function checkDevice(
  context: CommandContext,
  wanted: string,
  flags: CheckDeviceFlags,
): Promise<number> {
  const json = flags.json === true;
  const factory = await pluginFactory(wanted, context.cwd);
  if (!factory.ok) return fail(context, factory.refusal, json);
  const folder = flags.recordings ?? resolve(context.cwd, wanted, "recordings");
  const recordings = readRecordings(resolve(context.cwd, folder));
  if (!recordings.ok) return fail(context, recordings.refusal, json);
  const checks = await runConformance(factory.value, recordings.value);
  const report = { plugin: wanted, recordings: recordings.value.map(({ name }) => name), checks };
  answer(context, ok(report), json, () => reportText(checks, recordings.value.length, context.terminal));
  return checks.some(({ faults }) => faults.length > 0) ? EXIT_FAILED : EXIT_OK;
}

function reportText(checks: readonly CheckResult[], hosts: number, { colours }: Terminal): string {
  const lines = checks.flatMap(({ name, faults, skipped }) => {
    if (faults.length > 0)
      return [`${colours.red("FAIL")}  ${name}`, ...faults.map((fault) => `      ${printable(fault)}`)];
    if (skipped !== undefined) return [`${colours.yellow("none")}  ${name}: ${printable(skipped)}`];
    return [`${colours.green("ok")}    ${name}`];
  });
  const failed = checks.filter(({ faults }) => faults.length > 0).length;
  const untried = checks.filter(({ faults, skipped }) => faults.length === 0 && skipped !== undefined).length;
  const sum = `${checks.length - failed - untried} of ${checks.length} checks passed on ${hosts} recorded hosts`;
  const more = untried === 0 ? "" : `, ${untried} had nothing to try`;
  return `${lines.join("\n")}\n${sum}${more}\n`;
}
