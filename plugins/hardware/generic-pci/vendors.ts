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
  /** What a variable says when no device is visible; default "", which for some runtimes says that all are. */
  readonly hidden?: string;
  /** Further variables, set whenever the vendor's devices are bound. */
  readonly fixed: Readonly<Record<string, string>>;
}

/** An index beyond those of a node's devices. */
export const NO_SUCH_DEVICE = "64";

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
      7601: "v100",
      7604: "v100",
      7605: "v100",
      7606: "v100",
      7864: "t4",
      8368: "a100",
      8369: "a100",
      8370: "a100",
      8373: "a100",
      8433: "a100",
      8757: "a40",
      8758: "a10",
      9909: "l40",
      9913: "l40s",
      10168: "l4",
      9008: "h100",
      9009: "h100",
      9017: "h100",
      9013: "h200",
      9026: "gh200",
      10497: "b200",
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
    types: {
      29580: "mi100",
      29704: "mi250x",
      29708: "mi250",
      29711: "mi210",
      29856: "mi300a",
      29857: "mi300x",
      29861: "mi325x",
    },
    visible: ["ROCR_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x8086,
    name: "intel",
    classes: [VGA, DISPLAY_3D, DISPLAY_OTHER, PROCESSING],
    deviceIds: [],
    types: { 3029: "max1550", 3034: "max1100", 22208: "flex170", 22209: "flex140" },
    visible: ["ZE_AFFINITY_MASK"],
    hidden: NO_SUCH_DEVICE,
    fixed: {},
  },
  {
    vendorId: 0x1da3,
    name: "habana",
    classes: [PROCESSING],
    deviceIds: [],
    types: { 4096: "gaudi", 4112: "gaudi", 4128: "gaudi2", 4192: "gaudi3" },
    visible: ["HABANA_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x19e5,
    name: "huawei",
    classes: [PROCESSING],
    deviceIds: [],
    types: { 54528: "ascend310p", 55297: "ascend910", 55298: "ascend910b" },
    visible: ["ASCEND_RT_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x1ae0,
    name: "google",
    classes: [PROCESSING],
    deviceIds: [0x0027, 0x0056, 0x005e, 0x0062, 0x0063, 0x006f],
    types: { 94: "tpuv4", 98: "tpuv5p", 99: "tpuv5e", 111: "tpuv6e" },
    visible: ["TPU_VISIBLE_DEVICES"],
    fixed: {},
  },
  {
    vendorId: 0x1d0f,
    name: "aws",
    classes: [PROCESSING],
    deviceIds: [0x7064, 0x7164, 0x7264, 0x7364],
    types: { 28772: "inferentia", 29028: "trainium", 29284: "inferentia2", 29540: "trainium2" },
    visible: ["AWS_NEURON_VISIBLE_DEVICES"],
    fixed: {},
  },
];

/** Where every Intel desktop and server processor has its own graphics, which is no accelerator. */
export const INTEL_INTEGRATED_GRAPHICS = "0000:00:02.0";

/** Drivers that have given a device away, to a virtual machine. */
export const PASSED_THROUGH_DRIVERS: readonly string[] = ["vfio-pci", "pci-stub", "xen-pciback"];
