/** Checks of `bind`: pure, in any order, showing a job what it was given and hiding the rest. */
import type { DeviceSpec } from "../../../core/model/node.ts";
import type { DeviceBinding, HardwarePlugin, HardwarePluginFactory } from "../hardware.ts";
import { alike, type CheckResult, check, differs, outcomeOf, specsOf } from "./check.ts";
import { RecordedHost, type Recording } from "./recorded-host.ts";

const JOB = { jobId: 1, uid: 1000 };
const MAX_VARIABLE = 4096;

export const checkBindings = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
): Promise<readonly CheckResult[]> => {
  const hosts: { recording: Recording; plugin: HardwarePlugin; all: readonly DeviceSpec[] }[] = [];
  for (const recording of recordings) {
    const plugin = make(new RecordedHost(recording));
    const outcome = await outcomeOf(plugin);
    if (outcome.kind !== "found" || outcome.devices.length === 0) continue;
    hosts.push({ recording, plugin, all: deepFrozen(specsOf(plugin, outcome.devices)) });
  }
  const each = (
    name: string,
    body: (host: (typeof hosts)[number], tell: (fault: string) => void) => void,
  ): Promise<CheckResult> =>
    check(name, (tell) => {
      for (const host of hosts) body(host, (fault) => tell(`${host.recording.name}: ${fault}`));
      return hosts.length === 0 ? "no recording has a device" : undefined;
    });
  return [
    await each("binds as is recorded", ({ recording, plugin, all }, tell) => {
      for (const { grant, ...expected } of recording.expect.bind ?? []) {
        const difference = differs(expected, bind(plugin, grant, all));
        if (difference !== undefined) tell(`devices ${grant.join(", ") || "none"}: ${difference}`);
      }
    }),
    await each("binds the same twice, in any order, and changes nothing", ({ plugin, all }, tell) => {
      const places = all.map((_, at) => at);
      const one = bind(plugin, places, all);
      if (!alike(one, bind(plugin, places, all))) tell("the same devices are bound otherwise");
      const turned = bind(plugin, [...places].reverse(), all);
      if (!alike(one.environment, turned.environment))
        tell("variables depend on the order of what was given");
      if (!alike([...one.files].sort(), [...turned.files].sort())) tell("files depend on the order");
    }),
    await each("hides what a job was not given", ({ plugin, all }, tell) => {
      const none = bind(plugin, [], all);
      if (none.files.length > 0) tell("a job without devices gets device files");
      const alone = all.map((_, at) => bind(plugin, [at], all));
      alone.forEach((bound, at) => {
        if (alike(bound.environment, none.environment)) tell(`device ${at} is bound as none is`);
        const same = alone.findIndex(
          (other, place) => place > at && alike(other.environment, bound.environment),
        );
        if (same !== -1) tell(`devices ${at} and ${same} are bound alike`);
        const foreign = bound.files.find(
          (file) => !all[at]!.files.includes(file) && all.some((device) => device.files.includes(file)),
        );
        if (foreign !== undefined) tell(`device ${at} comes with ${foreign}, which is another's`);
      });
    }),
    await each("sets but variables that it describes, of bounded length", ({ plugin, all }, tell) => {
      const described = plugin.describe().variables;
      for (const places of [[], all.map((_, at) => at)]) {
        for (const [name, value] of Object.entries(bind(plugin, places, all).environment)) {
          if (!described.includes(name)) tell(`${name} is not in describe().variables`);
          if (typeof value !== "string" || value.length > MAX_VARIABLE || /[\0\n]/.test(value))
            tell(`${name} is no line of at most ${MAX_VARIABLE} characters`);
        }
      }
    }),
  ];
};

const bind = (plugin: HardwarePlugin, places: readonly number[], all: readonly DeviceSpec[]): DeviceBinding =>
  plugin.bind(deepFrozen(places.map((at) => ({ device: all[at]!, thousandths: 1000 }))), all, JOB);

/** So that a plugin which changes what it is given throws. */
const deepFrozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFrozen(inner);
  }
  return value;
};
