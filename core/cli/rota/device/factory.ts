/** A plugin for `rota device`: one of Rota's by its name, or a third party's by path or package. */
import { VENDOR_FACTORIES } from "../../../../plugins/hardware/built-in.ts";
import { RecordedHost } from "../../../../plugins/sdk/conformance/recorded-host.ts";
import type { HardwarePlugin, HardwarePluginFactory } from "../../../../plugins/sdk/hardware.ts";
import type { HardwareHost } from "../../../../plugins/sdk/host.ts";
import { checkPlugin, loadHardwarePluginFactory } from "../../../../plugins/sdk/load.ts";
import { ok, type Result } from "../../../model/refusal.ts";

/** A folder is also found without ./ before it. */
export async function pluginFactory(wanted: string, cwd: string): Promise<Result<HardwarePluginFactory>> {
  const own = VENDOR_FACTORIES[wanted];
  if (own !== undefined) return ok(own);
  const isPath = wanted.startsWith("/") || wanted.startsWith(".");
  const loaded = await loadHardwarePluginFactory(isPath ? wanted : `./${wanted}`, [cwd]);
  const factory = loaded.ok || isPath ? loaded : await loadHardwarePluginFactory(wanted, [cwd]);
  if (!factory.ok) return factory;
  const made = pluginOver(wanted, factory.value, new RecordedHost());
  return made.ok ? factory : made;
}

/** The plugin of a factory over a host, refused when it is none of this contract. */
export const pluginOver = (
  wanted: string,
  factory: HardwarePluginFactory,
  host: HardwareHost,
): Result<HardwarePlugin> => {
  let plugin: unknown;
  try {
    plugin = factory(host);
  } catch (error) {
    return checkPlugin(`${wanted}: hardwarePlugin() failed: ${(error as Error).message}`, undefined);
  }
  return checkPlugin(wanted, plugin);
};
