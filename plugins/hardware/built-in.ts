/** The plugins that come with Rota, in the order in which they are asked; the PCI scan has what none of them knows. */
import type { HardwarePlugin, HardwarePluginFactory } from "../sdk/hardware.ts";
import type { HardwareHost } from "../sdk/host.ts";
import { hardwarePlugin as amd } from "./amd/plugin.ts";
import { hardwarePlugin as ascend } from "./ascend/plugin.ts";
import { hardwarePlugin as gaudi } from "./gaudi/plugin.ts";
import { hardwarePlugin as genericPci } from "./generic-pci/plugin.ts";
import { hardwarePlugin as intel } from "./intel/plugin.ts";
import { hardwarePlugin as neuron } from "./neuron/plugin.ts";
import { hardwarePlugin as nvidia } from "./nvidia/plugin.ts";
import { hardwarePlugin as tpu } from "./tpu/plugin.ts";

const VENDORS = { nvidia, amd, intel, gaudi, neuron, ascend, tpu };

/** Rota's plugins by name, the PCI scan among them. */
export const VENDOR_FACTORIES: Readonly<Record<string, HardwarePluginFactory>> = {
  ...VENDORS,
  "generic-pci": genericPci,
};

/** Vendors' plugins over a host. */
export const vendorPlugins = (host: HardwareHost): readonly HardwarePlugin[] =>
  Object.values(VENDORS).map((factory) => factory(host));

/** The scan for devices that no vendor's plugin has. */
export const pciScan = (host: HardwareHost): HardwarePlugin => genericPci(host);
