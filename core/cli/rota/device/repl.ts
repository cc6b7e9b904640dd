/** `rota device repl`: a prompt with a plugin over this machine, or over one of its recordings. For whoever writes one. */

import { resolve } from "node:path";
import { start } from "node:repl";
import { specsOf } from "../../../../plugins/sdk/conformance/check.ts";
import { RecordedHost, readRecordings } from "../../../../plugins/sdk/conformance/recorded-host.ts";
import type { DeviceBinding, FoundDevice, WatchReport } from "../../../../plugins/sdk/hardware.ts";
import { thisHost } from "../../../../plugins/sdk/host.ts";
import { refuse } from "../../../model/refusal.ts";
import { type CommandContext, EXIT_OK, fail } from "../context.ts";
import { pluginFactory, pluginOver } from "./factory.ts";

export interface ReplFlags {
  readonly recording?: string;
}

const GREETING = `host, plugin, devices() and bind(0, 1), look() for a report, run("tool", "arg") for a tool. Use await; .exit ends.\n`;

/** Resolves with the exit code when the prompt has ended. */
export async function deviceRepl(context: CommandContext, wanted: string, flags: ReplFlags): Promise<number> {
  const factory = await pluginFactory(wanted, context.cwd);
  if (!factory.ok) return fail(context, factory.refusal);
  let host = thisHost();
  if (flags.recording !== undefined) {
    const recordings = readRecordings(resolve(context.cwd, wanted, "recordings"));
    if (!recordings.ok) return fail(context, recordings.refusal);
    const recording = recordings.value.find(({ name }) => name === flags.recording);
    const names = recordings.value.map(({ name }) => name).join(", ");
    if (recording === undefined)
      return fail(
        context,
        refuse("PLUGIN_REFUSED", `there is no recording ${flags.recording}; there is ${names}`).refusal,
      );
    host = new RecordedHost(recording);
  }
  const made = pluginOver(wanted, factory.value, host);
  if (!made.ok) return fail(context, made.refusal);
  const plugin = made.value;
  const devices = (): Promise<readonly FoundDevice[]> => plugin.discover();
  const bind = async (...places: number[]): Promise<DeviceBinding> => {
    const all = specsOf(plugin, await devices());
    const granted = places.flatMap((at) =>
      all[at] === undefined ? [] : [{ device: all[at], thousandths: 1000 }],
    );
    return plugin.bind(granted, all, { jobId: 1, uid: 0 });
  };
  const look = async (): Promise<WatchReport | undefined> => {
    const stop = new AbortController();
    const all = specsOf(plugin, await devices());
    for await (const report of plugin.watch?.(all, { everyMs: 1000, signal: stop.signal }) ?? [])
      return report;
    return undefined;
  };
  const run = (tool: string, ...args: string[]): ReturnType<typeof host.run> => host.run(tool, args);
  context.out(GREETING);
  const prompt = start({ prompt: `${plugin.name}> `, useGlobal: false });
  Object.assign(prompt.context, { host, plugin, devices, bind, look, run });
  await new Promise<void>((done) => prompt.once("exit", () => done()));
  return EXIT_OK;
}
