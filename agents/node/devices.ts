/**
 * The node's devices and the plugins that bind them. Opened once at an agent's start; asked at each start of a job.
 * Lanes are positions in the list.
 */
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { DEVICE_LANES } from "../../core/model/ids.ts";
import type { DeviceShare } from "../../core/model/job.ts";
import type { DeviceSpec } from "../../core/model/node.ts";
import { ok, type Result, refuse } from "../../core/model/refusal.ts";
import {
  type BindJob,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePlugin,
} from "../../plugins/sdk/hardware.ts";
import { DEVICE_SPEC } from "../protocol/schema.ts";
import { partVariables } from "./part-variables.ts";

export interface BoundDevices {
  /** Those that the job has something of, each once. */
  readonly devices: readonly DeviceSpec[];
  readonly environment: Readonly<Record<string, string>>;
  /** Variables of vendors whose devices the job has none of; what the user's shell had of them must not reach it. */
  readonly cleared: readonly string[];
}

export class DeviceSet {
  readonly specs: readonly DeviceSpec[];
  readonly #plugins: readonly HardwarePlugin[];

  constructor(specs: readonly DeviceSpec[], plugins: readonly HardwarePlugin[]) {
    this.specs = specs;
    this.#plugins = plugins;
  }

  /** Asks each plugin what there is; the first plugins' devices have the first lanes. */
  static async discover(plugins: readonly HardwarePlugin[]): Promise<DeviceSet> {
    const specs: DeviceSpec[] = [];
    for (const plugin of plugins) specs.push(...(await askPlugin(plugin)));
    return new DeviceSet(specs.slice(0, DEVICE_LANES), plugins);
  }

  /** Variables that show a job its devices and hide all others. */
  bind(shares: readonly DeviceShare[], job: BindJob): Result<BoundDevices> {
    const granted: GrantedDevice[] = [];
    for (const { lane, thousandths, part } of shares) {
      const device = this.specs[lane];
      if (device === undefined) {
        return refuse("INVALID_GRES", `This node has no device ${lane}; it has ${this.specs.length}.`, {
          lane,
        });
      }
      granted.push({ device, thousandths, ...(part === undefined ? {} : { part }) });
    }
    const environment: Record<string, string> = {};
    const devices = [...new Set(granted.map(({ device }) => device))];
    for (const plugin of this.#plugins) {
      const all = this.specs.filter((device) => device.plugin === plugin.name);
      // Of several parts of a device the first: a plugin shows the job devices, each once.
      const own = devices.flatMap((device) =>
        device.plugin === plugin.name ? [granted.find((share) => share.device === device)!] : [],
      );
      if (all.length === 0) continue;
      try {
        Object.assign(environment, plugin.bind(own, all, job).environment);
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        return refuse("PLUGIN_REFUSED", `The device plugin ${plugin.name} cannot bind: ${words}`);
      }
    }
    const bound = { ...environment, ...partVariables(granted) };
    const foreign = this.#plugins.flatMap((plugin) => plugin.describe().variables);
    const cleared = granted.length === 0 ? [] : foreign.filter((name) => !Object.hasOwn(bound, name));
    return ok({ devices, environment: bound, cleared });
  }
}

/** What one plugin finds. Rejects when it is of another contract, cannot tell, or gives what the controller would not take. */
export const askPlugin = async (plugin: HardwarePlugin): Promise<DeviceSpec[]> => {
  if (plugin.contract !== HARDWARE_CONTRACT) {
    throw new Error(
      `Hardware plugin ${plugin.name} is of contract ${plugin.contract}, not ${HARDWARE_CONTRACT}.`,
    );
  }
  // What the controller has no field for stays on the node.
  return (await plugin.discover()).map(
    ({ nearCpus: _near, links: _links, partition: _part, ...device }, at) => {
      const spec = { ...device, plugin: plugin.name };
      const wrong = DEVICE_CHECK.Errors(spec).First();
      if (wrong !== undefined) throw new Error(`device ${at} is wrong at ${wrong.path}: ${wrong.message}`);
      return spec;
    },
  );
};

const DEVICE_CHECK = TypeCompiler.Compile(DEVICE_SPEC);
