/**
 * PCI functions in sysfs, for plugins that ask a vendor's tool: whether the vendor's hardware is there at all, on which
 * NUMA node and near which cores. Runs at an agent's start; only reads.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export const PCI_ROOT = "/sys/bus/pci/devices";
/** PCI functions that are looked at; a host with more is read no further. */
export const MAX_PCI_SCAN = 65_536;

/** PCI classes (upper 8 bits) of accelerators: display, and processing. */
const ACCELERATORS: readonly number[] = [0x03, 0x12];

/**
 * Whether the host has an accelerator of a vendor. Classes tell a GPU from the same vendor's network cards and bridges;
 * `classes` are their upper 8 bits.
 */
export const hasPciVendor = async (
  root: string,
  vendorId: number,
  classes: readonly number[] = ACCELERATORS,
): Promise<boolean> => {
  const addresses = (await readdir(root).catch(() => [])).slice(0, MAX_PCI_SCAN);
  for (const address of addresses) {
    if ((await sysfsNumber(join(root, address, "vendor"), 16)) !== vendorId) continue;
    if (classes.includes((await sysfsNumber(join(root, address, "class"), 16)) >>> 16)) return true;
  }
  return false;
};

/** -1 where the host has one memory node or its firmware does not say. */
export const pciNumaNode = async (root: string, address: string): Promise<number> => {
  if (address === "") return -1;
  const node = await sysfsNumber(join(root, address, "numa_node"), 10);
  return node >= 0 && node <= 65_535 ? node : -1;
};

/** `{ nearCpus: "0-31" }` where the host says which cores are near, else nothing. */
export const pciNearCpus = async (root: string, address: string): Promise<{ nearCpus?: string }> => {
  if (address === "") return {};
  const text = (await readFile(join(root, address, "local_cpulist"), "utf8").catch(() => "")).trim();
  return /^\d[\d,-]{0,1023}$/.test(text) ? { nearCpus: text } : {};
};

/** `00000000:3B:00.0` and `3B:00.0` as sysfs writes them, `0000:3b:00.0`; "" for what is no address. */
export const pciAddress = (text: string): string => {
  const parts = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i.exec(text.trim());
  if (parts === null) return "";
  const domain = Number.parseInt(parts[1] ?? "0", 16)
    .toString(16)
    .padStart(4, "0");
  return `${domain}:${parts[2]!.toLowerCase()}`;
};

const sysfsNumber = async (path: string, radix: number): Promise<number> => {
  const value = Number.parseInt((await readFile(path, "utf8").catch(() => "")).trim(), radix);
  return Number.isFinite(value) ? value : -1;
};
