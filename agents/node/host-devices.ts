/**
 * Which plugin has which device of the host: vendors' plugins first, the PCI scan for what none of them knows. Runs once
 * at an agent's start. A vendor's tool that fails costs a line in the log, never the start.
 */
import { DEVICE_LANES } from "../../core/model/ids.ts";
import type { DeviceSpec } from "../../core/model/node.ts";
import type { HardwarePlugin } from "../../plugins/sdk/hardware.ts";
import { askPlugin, DeviceSet } from "./devices.ts";

/** Says what an operator should know of the search; for the agent's log. */
export type TellSearch = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/**
 * Asks the vendors' plugins in order, of which the first that finds a device has it, then `rest`, which gets what no
 * vendor's plugin claimed. Lanes follow PCI addresses, so that a device keeps its lane whichever plugin has it at this
 * start. Rejects when `rest` does.
 */
export const findHostDevices = async (
  vendors: readonly HardwarePlugin[],
  rest: HardwarePlugin,
  tell: TellSearch,
): Promise<DeviceSet> => {
  const claimed: DeviceSpec[] = [];
  for (const plugin of vendors) {
    try {
      const found = await askPlugin(plugin);
      const others = claimed.filter((device) => device.pci !== "").map((device) => device.pci);
      claimed.push(...found.filter((device) => !others.includes(device.pci)));
    } catch (error) {
      tell(
        { plugin: plugin.name, error: error instanceof Error ? error.message : String(error) },
        "a device plugin failed; its devices are taken as the PCI scan finds them",
      );
    }
  }
  const scanned: DeviceSpec[] = [];
  for (const device of await askPlugin(rest)) {
    if (claimed.some((other) => other.pci === device.pci)) continue;
    // A card that its own vendor's driver does not show cannot be used, and two plugins must not bind one vendor.
    if (claimed.some((other) => other.vendor === device.vendor)) {
      tell(
        { pci: device.pci, vendor: device.vendor },
        "a device is left out: its vendor's tool does not know it",
      );
    } else scanned.push(device);
  }
  const devices = [...claimed, ...scanned].sort((a, b) => (a.pci < b.pci ? -1 : a.pci > b.pci ? 1 : 0));
  if (devices.length > DEVICE_LANES) {
    tell(
      { found: devices.length, used: DEVICE_LANES },
      "more devices than a node can have; the last are left out",
    );
  }
  return new DeviceSet(devices.slice(0, DEVICE_LANES), [...vendors, rest]);
};
