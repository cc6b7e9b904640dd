/**
 * Devices that the administrator names, `gpu:tesla:2,nic:1` or `gpu:2,shard:8`, where there is nothing to scan or the scan is not wanted.
 * Runs once at an agent's start and at each start of a job. Looks at no hardware: what is named is believed.
 */
import { deviceItems, withParts } from "../../../core/model/declared-parts.ts";
import { parseGres } from "../../../core/model/gres.ts";
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import { ok, type Result, refuse } from "../../../core/model/refusal.ts";
import {
  type DeviceBinding,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePlugin,
} from "../../sdk/hardware.ts";

/** A plugin that gives the devices of a GRES text, or why the text names none that a node can have. */
export const byHand = (gres: string): Result<HardwarePlugin> => {
  const items = parseGres(gres);
  if (!items.ok) return refuse("INVALID_GRES", items.message, { at: items.at });
  const units = deviceItems(items.value);
  const count = units.reduce((sum, item) => sum + item.count, 0);
  if (count > DEVICE_LANES) {
    return refuse("INVALID_GRES", `A node has at most ${DEVICE_LANES} devices; "${gres}" names ${count}.`, {
      count,
    });
  }
  const devices = units.flatMap((item) =>
    Array.from({ length: item.count }, () => ({ name: item.name, type: item.type ?? "" })),
  );
  const found = devices.map((device, at): FoundDevice => {
    const vendorIndex = devices.slice(0, at).filter((earlier) => earlier.name === device.name).length;
    return {
      ...device,
      vendor: "",
      model: "",
      uuid: "",
      pci: "",
      numaNode: -1,
      memoryMib: 0,
      vendorIndex,
      files: [],
    };
  });
  const parted = withParts(found, items.value);
  if (!parted.ok) return parted;
  return ok({
    contract: HARDWARE_CONTRACT,
    name: "by-hand",
    describe: () => ({ aliases: [], gres: "gpu", pciVendors: [], variables: ["CUDA_VISIBLE_DEVICES"] }),
    discover: async () => parted.value,
    bind,
  });
};

const bind = (granted: readonly GrantedDevice[], all: readonly DeviceSpec[]): DeviceBinding => {
  if (!all.some((device) => device.name === "gpu")) return { environment: {}, files: [], mounts: [] };
  const indices = granted
    .filter(({ device }) => device.name === "gpu")
    .map(({ device }) => device.vendorIndex);
  return {
    environment: { CUDA_VISIBLE_DEVICES: indices.sort((a, b) => a - b).join(",") },
    files: [],
    mounts: [],
  };
};
