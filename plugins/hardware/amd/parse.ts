/** Reads what the amdgpu driver's compute side (KFD) says of one node of its topology. Pure. */

export interface KfdGpu {
  /** `0000:3b:00.0`. */
  readonly pci: string;
  readonly deviceId: number;
  /** `/dev/dri/renderD<minor>`; -1 when the GPU has none. */
  readonly renderMinor: number;
  /** As ROCm's runtime takes it, `GPU-6c62be54ae2b7147`; "" for GPUs without one. */
  readonly uuid: string;
}

export const MAX_KFD_PROPERTIES = 256;

/** The GPU of a node's `properties`; undefined for a processor's node and for text that does not say where the GPU is. */
export const parseKfdNode = (text: string): KfdGpu | undefined => {
  const properties = new Map<string, string>();
  for (const line of text.split("\n").slice(0, MAX_KFD_PROPERTIES)) {
    const pair = /^(\w{1,64}) (\d{1,20})\s*$/.exec(line);
    if (pair !== null) properties.set(pair[1]!, pair[2]!);
  }
  const amount = (name: string): number => Number(properties.get(name) ?? -1);
  if (amount("simd_count") <= 0 || amount("vendor_id") !== AMD) return undefined;
  const location = amount("location_id");
  if (location <= 0) return undefined;
  // 64 bits, more than a number holds.
  const unique = BigInt(properties.get("unique_id") ?? 0);
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  return {
    pci: `${hex(Math.max(amount("domain"), 0), 4)}:${hex((location >> 8) & 0xff, 2)}:${hex((location >> 3) & 0x1f, 2)}.${location & 7}`,
    deviceId: amount("device_id"),
    renderMinor: amount("drm_render_minor") > 0 ? amount("drm_render_minor") : -1,
    uuid: unique === 0n ? "" : `GPU-${unique.toString(16).padStart(16, "0")}`,
  };
};

const AMD = 4098;

/** A direct link of a node over AMD's fabric (XGMI). */
export interface KfdLink {
  readonly node: number;
  /** 0 where the driver does not say. */
  readonly mibPerS: number;
}

/** The link of an io_link's `properties`; undefined for one over PCIe and for text that does not say where it leads. */
export const parseKfdLink = (text: string): KfdLink | undefined => {
  const amount = (name: string): number =>
    Number(new RegExp(`^${name} (\\d{1,9})\\s*$`, "m").exec(text)?.[1] ?? -1);
  const node = amount("node_to");
  if (amount("type") !== XGMI || node === -1) return undefined;
  // The driver counts in 10^6 bytes.
  return { node, mibPerS: Math.floor((Math.max(amount("max_bandwidth"), 0) * 1_000_000) / 1_048_576) };
};

/** Number of the link type in the kernel's `crat.h`. */
const XGMI = 11;
