/**
 * Which PCI functions are accelerators, and which variable each vendor's runtime reads. A table of facts: PCI vendor,
 * class and device numbers as the kernel's sysfs shows them.
 */

export interface PciVendor {
  readonly vendorId: number;
  readonly name: string;
  /** Classes (upper 16 bits of sysfs `class`) that are accelerators for this vendor. */
  readonly classes: readonly number[];
  /** Accelerators with a class of another kind. */
  readonly deviceIds: readonly number[];
  /** GRES types by PCI device number, for those in wide use. */
  readonly types: Readonly<Record<number, string>>;
  /** Variables that list the visible devices by index. */
  readonly visible: readonly string[];
  /** Further variables, set whenever the vendor's devices are bound. */
  readonly fixed: Readonly<Record<string, string>>;
}

const VGA = 0x0300;
const DISPLAY_3D = 0x0302;
const DISPLAY_OTHER = 0x0380;
const PROCESSING = 0x1200;

export const PCI_VENDORS: readonly PciVendor[] = [
  {
    vendorId: 0x10de,
    name: "nvidia",
    classes: [VGA, DISPLAY_3D],
    deviceIds: [],
    types: {
      0x1db1: "v100",
      0x1db4: "v100",
      0x1db5: "v100",
      0x1db6: "v100",
      0x1eb8: "t4",
      0x20b0: "a100",
      0x20b1: "a100",
      0x20b2: "a100",
      0x20b5: "a100",
      0x20f1: "a100",
      0x2235: "a40",
      0x2236: "a10",
      0x26b5: "l40",
      0x26b9: "l40s",
      0x27b8: "l4",
      0x2330: "h100",
      0x2331: "h100",
      0x2339: "h100",
      0x2335: "h200",
      0x2342: "gh200",
      0x2901: "b200",
    },
    visible: ["CUDA_VISIBLE_DEVICES"],
    // Indices are in PCI order here, and CUDA's own order is by speed.
    fixed: { CUDA_DEVICE_ORDER: "PCI_BUS_ID" },
  },
  {
    vendorId: 0x1002,
    name: "amd",
    classes: [VGA, DISPLAY_3D, DISPLAY_OTHER, PROCESSING],
    deviceIds: [],
    types: { 0x738c: "mi100", 0x7408: "mi250x", 0x740c: "mi250", 0x740f: "mi210", 0x74a0: "mi300a", 0x74a1: "mi300x", 0x74a5: "mi325x" },
    visible: ["ROCR_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x8086,
    name: "intel",
    classes: [VGA, DISPLAY_3D, DISPLAY_OTHER, PROCESSING],
    deviceIds: [],
    types: { 0x0bd5: "max1550", 0x0bda: "max1100", 0x56c0: "flex170", 0x56c1: "flex140" },
    visible: ["ZE_AFFINITY_MASK"],
    fixed: {},
  },
  {
    vendorId: 0x1da3,
    name: "habana",
    classes: [PROCESSING],
    deviceIds: [],
    types: { 0x1000: "gaudi", 0x1010: "gaudi", 0x1020: "gaudi2", 0x1060: "gaudi3" },
    visible: ["HABANA_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x19e5,
    name: "huawei",
    classes: [PROCESSING],
    deviceIds: [],
    types: { 0xd500: "ascend310p", 0xd801: "ascend910", 0xd802: "ascend910b" },
    visible: ["ASCEND_RT_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x1ae0,
    name: "google",
    classes: [PROCESSING],
    deviceIds: [0x0027, 0x0056, 0x005e, 0x0062, 0x0063, 0x006f],
    types: { 0x005e: "tpuv4", 0x0062: "tpuv5p", 0x0063: "tpuv5e", 0x006f: "tpuv6e" },
    visible: ["TPU_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x1d0f,
    name: "aws",
    classes: [PROCESSING],
    deviceIds: [0x7064, 0x7164, 0x7264, 0x7364],
    types: { 0x7064: "inferentia", 0x7164: "trainium", 0x7264: "inferentia2", 0x7364: "trainium2" },
    visible: ["AWS_NEURON_VISIBLE_DEVICES"],
    fixed: {},
  },
];

/** Where every Intel desktop and server processor has its own graphics, which is no accelerator. */
export const INTEL_INTEGRATED_GRAPHICS = "0000:00:02.0";

/** Drivers that have given a device away, to a virtual machine. */
export const PASSED_THROUGH_DRIVERS: readonly string[] = ["vfio-pci", "pci-stub", "xen-pciback"];
