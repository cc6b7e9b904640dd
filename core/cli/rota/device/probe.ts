/** `rota device probe`: what plugins find on this machine, how they would bind it, and a first look at its usage. */

import { VENDOR_FACTORIES } from "../../../../plugins/hardware/built-in.ts";
import { specsOf } from "../../../../plugins/sdk/conformance/check.ts";
import type { FoundDevice, HardwarePluginFactory, WatchReport } from "../../../../plugins/sdk/hardware.ts";
import { thisHost } from "../../../../plugins/sdk/host.ts";
import { ok } from "../../../model/refusal.ts";
import { answer, type CommandContext, EXIT_FAILED, EXIT_OK, fail } from "../context.ts";
import { printTable } from "../table.ts";
import { printable, type Terminal } from "../terminal.ts";
import { pluginFactory, pluginOver } from "./factory.ts";

export interface ProbeFlags {
  readonly json?: boolean;
}

interface Probe {
  readonly plugin: string;
  readonly devices: readonly FoundDevice[];
  /** What a job with all of them would get. */
  readonly environment: Readonly<Record<string, string>>;
  readonly report?: WatchReport;
  readonly fault?: string;
}

/** A tool that hangs is given up by its runner before this. */
const MAX_LOOK_MS = 45_000;

/** The exit code: 1 when a plugin's tool failed. */
export async function probeDevices(
  context: CommandContext,
  wanted: string | undefined,
  flags: ProbeFlags,
): Promise<number> {
  const json = flags.json === true;
  const factories: [string, HardwarePluginFactory][] = [];
  if (wanted === undefined) factories.push(...Object.entries(VENDOR_FACTORIES));
  else {
    const factory = await pluginFactory(wanted, context.cwd);
    if (!factory.ok) return fail(context, factory.refusal, json);
    factories.push([wanted, factory.value]);
  }
  const probes: Probe[] = [];
  for (const [name, factory] of factories) probes.push(await probe(name, factory));
  answer(context, ok(probes), json, (made) => made.map((one) => probeText(one, context.terminal)).join(""));
  return probes.some(({ fault }) => fault !== undefined) ? EXIT_FAILED : EXIT_OK;
}

async function probe(name: string, factory: HardwarePluginFactory): Promise<Probe> {
  const plugin = pluginOver(name, factory, thisHost());
  if (!plugin.ok) return { plugin: name, devices: [], environment: {}, fault: plugin.refusal.message };
  try {
    const devices = await plugin.value.discover();
    const all = specsOf(plugin.value, devices);
    const granted = all.map((device) => ({ device, thousandths: 1000 }));
    const { environment } = plugin.value.bind(granted, all, { jobId: 0, uid: process.getuid?.() ?? 0 });
    const probed = {
      plugin: plugin.value.name,
      devices,
      environment: devices.length === 0 ? {} : environment,
    };
    if (devices.length === 0 || plugin.value.watch === undefined) return probed;
    const signal = AbortSignal.timeout(MAX_LOOK_MS);
    for await (const report of plugin.value.watch(all, { everyMs: MAX_LOOK_MS, signal }))
      return { ...probed, report };
    return probed;
  } catch (error) {
    return {
      plugin: plugin.value.name,
      devices: [],
      environment: {},
      fault: String((error as Error).message),
    };
  }
}

function probeText({ plugin, devices, environment, report, fault }: Probe, terminal: Terminal): string {
  const { colours } = terminal;
  if (fault !== undefined) return `${plugin}: ${colours.red(printable(fault))}\n`;
  if (devices.length === 0) return `${plugin}: no devices\n`;
  const table = printTable<FoundDevice>(
    [
      { title: "#", align: "right", cell: (device) => device.vendorIndex },
      { title: "TYPE", cell: (device) => device.type },
      { title: "MODEL", cell: (device) => device.model },
      { title: "PCI", cell: (device) => device.pci },
      {
        title: "MEMORY",
        align: "right",
        cell: (device) => (device.memoryMib === 0 ? "" : `${device.memoryMib}M`),
      },
      { title: "NUMA", align: "right", cell: (device) => (device.numaNode === -1 ? "" : device.numaNode) },
      { title: "CPUS", cell: (device) => device.nearCpus ?? "" },
      { title: "PART", cell: (device) => device.partition?.profile ?? "" },
      {
        title: "LINKS",
        cell: (device) => (device.links ?? []).map((link) => `${link.to}:${link.kind}`).join(" "),
      },
      { title: "BUSY", align: "right", cell: (device) => sampleWord(device, report) },
      { title: "UUID", cell: (device) => device.uuid },
    ],
    devices,
    terminal,
  );
  const variables = Object.entries(environment).map(([name, value]) => `  ${name}=${printable(value)}\n`);
  const events = (report?.events ?? []).map(({ code, message }) => `  ${code}: ${printable(message)}\n`);
  return `${plugin}:\n${table}a job with all of them has\n${variables.join("")}${events.join("")}`;
}

function sampleWord({ vendorIndex }: FoundDevice, report: WatchReport | undefined): string {
  const busy = report?.samples.find((sample) => sample.vendorIndex === vendorIndex)?.busyPercent;
  return busy === undefined ? "" : `${busy}%`;
}
