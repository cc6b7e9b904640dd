/** Checks of `describe` and `discover`: what is found on recorded hosts, and on hosts whose tools do wrong. */
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import {
  type FoundDevice,
  HARDWARE_CONTRACT,
  type HardwarePlugin,
  type HardwarePluginFactory,
  LINK_KINDS,
} from "../hardware.ts";
import { alike, type CheckResult, check, differs, outcomeOf } from "./check.ts";
import { RecordedHost, type Recording, type ToolMode } from "./recorded-host.ts";

export const checkDevices = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
): Promise<readonly CheckResult[]> => [
  await check("describes itself", (tell) => checkDescription(make(new RecordedHost()), tell)),
  await check("finds what is recorded", async (tell) => {
    for (const recording of recordings)
      await checkExpected(make(new RecordedHost(recording)), recording, tell);
    return undefined;
  }),
  await check("finds the same twice", async (tell) => {
    for (const recording of recordings) {
      const plugin = make(new RecordedHost(recording));
      if (!alike(await outcomeOf(plugin), await outcomeOf(plugin))) tell(`${recording.name}: it differs`);
    }
    return undefined;
  }),
  await check("finds nothing where there is nothing", async (tell) => {
    const outcome = await outcomeOf(make(new RecordedHost()));
    if (outcome.kind !== "found" || outcome.devices.length > 0) tell(JSON.stringify(outcome).slice(0, 200));
    return undefined;
  }),
  await check("has 16 devices", async () =>
    counted(make, recordings, (found) => found.length >= DEVICE_LANES),
  ),
  await check("has parts of devices", async () =>
    counted(make, recordings, (found) => found.some((device) => device.partition !== undefined)),
  ),
  await check("keeps its head when the tool does wrong", (tell) => checkWrongTools(make, recordings, tell)),
  await check("follows devices that come and go", (tell) => checkHotPlug(make, recordings, tell)),
  await check("follows a tool that fails every other time", (tell) => checkFlapping(make, recordings, tell)),
];

const checkDescription = (plugin: HardwarePlugin, tell: (fault: string) => void): undefined => {
  if (plugin.contract !== HARDWARE_CONTRACT) tell(`contract is ${plugin.contract}, not ${HARDWARE_CONTRACT}`);
  const { aliases, gres, pciVendors, variables } = plugin.describe();
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(gres))
    tell(`gres is ${JSON.stringify(gres)}; take small letters, as gpu`);
  if (!Array.isArray(aliases) || !Array.isArray(pciVendors)) tell("aliases and pciVendors are lists");
  if (!Array.isArray(variables) || !variables.every((name) => /^[A-Z][A-Z0-9_]*$/.test(name)))
    tell("variables is a list of names of environment variables");
};

const checkExpected = async (
  plugin: HardwarePlugin,
  { name, expect }: Recording,
  tell: (fault: string) => void,
): Promise<void> => {
  const outcome = await outcomeOf(plugin);
  if (outcome.kind !== "found") return tell(`${name}: ${JSON.stringify(outcome)}`);
  for (const fault of malformed(outcome.devices)) tell(`${name}: ${fault}`);
  if (expect.devices === undefined) return;
  if (expect.devices.length !== outcome.devices.length)
    return tell(`${name}: ${outcome.devices.length} devices, expected ${expect.devices.length}`);
  expect.devices.forEach((device, at) => {
    const difference = differs(device, outcome.devices[at]);
    if (difference !== undefined) tell(`${name}: device ${at}: ${difference}`);
  });
};

/** What is wrong with a list of devices, one sentence each. */
export const malformed = (devices: readonly FoundDevice[]): readonly string[] => {
  const faults: string[] = [];
  if (devices.length > DEVICE_LANES)
    faults.push(`a node has at most ${DEVICE_LANES} devices, not ${devices.length}`);
  const uuids = devices.map(({ uuid }) => uuid).filter((uuid) => uuid !== "");
  if (new Set(uuids).size < uuids.length) faults.push("two devices have the same uuid");
  const whole = devices
    .filter((device) => device.partition === undefined)
    .map((device) => device.vendorIndex);
  if (new Set(whole).size < whole.length) faults.push("two whole devices have the same vendorIndex");
  devices.forEach((device, at) => {
    for (const name of ["name", "type", "vendor", "model", "uuid", "pci"] as const)
      if (typeof device[name] !== "string") faults.push(`device ${at}: ${name} is no text; take "" for none`);
    for (const name of ["numaNode", "memoryMib", "vendorIndex"] as const)
      if (!Number.isInteger(device[name])) faults.push(`device ${at}: ${name} is no whole number`);
    if (device.pci !== "" && !/^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(device.pci))
      faults.push(`device ${at}: pci is "${device.pci}"; write 0000:3b:00.0`);
    if (!device.files?.every?.((file) => file.startsWith("/dev/")))
      faults.push(`device ${at}: files are paths below /dev`);
    for (const link of device.links ?? []) {
      if (!LINK_KINDS.includes(link.kind))
        faults.push(`device ${at}: there is no kind of link "${link.kind}"`);
      const other = devices.find((candidate) => candidate.vendorIndex === link.to);
      if (!other?.links?.some((back) => back.to === device.vendorIndex && back.kind === link.kind))
        faults.push(`device ${at}: its link to ${link.to} is not told by ${link.to}`);
    }
  });
  return faults;
};

const counted = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
  holds: (found: readonly FoundDevice[]) => boolean,
): Promise<string | undefined> => {
  for (const recording of recordings) {
    const outcome = await outcomeOf(make(new RecordedHost(recording)));
    if (outcome.kind === "found" && holds(outcome.devices)) return undefined;
  }
  return "no recording has such a host";
};

const WRONG: readonly ToolMode[] = ["missing", "failed", "slow", "endless", "garbage"];
const CUTS = 40;

/** A fault by name, nothing, or some of the devices as they are; never others, never another error. */
const checkWrongTools = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
  tell: (fault: string) => void,
): Promise<undefined> => {
  const cuts: readonly ToolMode[] = Array.from({ length: CUTS }, (_, at) => ({ cut: at / CUTS }));
  for (const recording of recordings) {
    const host = new RecordedHost(recording);
    const plugin = make(host);
    const well = await outcomeOf(plugin);
    for (const mode of [...WRONG, ...cuts]) {
      host.mode = mode;
      host.wasTorn = false;
      const outcome = await outcomeOf(plugin);
      const way = typeof mode === "object" ? `cut at ${Math.round(mode.cut * 100)} %` : mode;
      if (outcome.kind === "thrown")
        tell(`${recording.name}, tool ${way}: it threw ${outcome.words}; throw host.sdk.ToolFailure`);
      if (outcome.kind !== "found") continue;
      const invented = outcome.devices.some(
        (device) =>
          well.kind !== "found" || !well.devices.some((real) => real.vendorIndex === device.vendorIndex),
      );
      if (host.wasTorn && well.kind === "found" && outcome.devices.length < well.devices.length)
        tell(`${recording.name}, tool ${way}: it takes what came for the whole, and loses devices`);
      if (invented) tell(`${recording.name}, tool ${way}: it found a device that is not there`);
      for (const fault of malformed(outcome.devices.map(({ links: _links, ...device }) => device)))
        tell(`${recording.name}, tool ${way}: ${fault}`);
    }
  }
  return undefined;
};

/** One plugin over host after host must find what a fresh one finds. */
const checkHotPlug = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
  tell: (fault: string) => void,
): Promise<string | undefined> => {
  if (recordings.length < 2) return "there is but one recording";
  const host = new RecordedHost();
  const plugin = make(host);
  for (const recording of [...recordings, ...[...recordings].reverse()]) {
    host.recording = recording;
    const fresh = await outcomeOf(make(new RecordedHost(recording)));
    if (!alike(await outcomeOf(plugin), fresh)) tell(`${recording.name}: it finds what was there before`);
  }
  return undefined;
};

const FLAPS = 50;

const checkFlapping = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
  tell: (fault: string) => void,
): Promise<undefined> => {
  const host = new RecordedHost(recordings.at(-1));
  const plugin = make(host);
  const well = await outcomeOf(plugin);
  host.mode = "failed";
  const ill = await outcomeOf(plugin);
  for (let at = 0; at < FLAPS; at++) {
    host.mode = at % 2 === 0 ? "well" : "failed";
    if (!alike(await outcomeOf(plugin), at % 2 === 0 ? well : ill)) {
      tell(`time ${at + 1} was other than the first`);
      return undefined;
    }
  }
  return undefined;
};
