/** Modules that choose parts of devices and do it wrongly: each answer is a fault with a code, never an exception. */
import { describe, expect, test } from "vitest";
import type { PolicyFault } from "../../../core/model/policy.ts";
import type { ShareColumns, SharingPolicy } from "../../../core/model/sharing.ts";
import { loadPolicyModule } from "../../../core/wasm/module.ts";
import { instantiateSharing } from "../../../core/wasm/sharing.ts";
import { unwrap } from "../nodes.ts";
import { constants, RIGHT_MANIFEST, type WrongParts, wrongModule } from "./wrong-module.ts";

const SHARE = 4096;
const TYPICAL = 16_384;
/** Behind the head and a mask of 64 bytes; behind 64 devices. */
const DEVICES = SHARE + 128 + 64;
const SCORES = DEVICES + 64 * 4;

interface Sharing {
  readonly allocate?: string;
  readonly begin?: string;
  readonly score?: string;
  readonly toll?: string;
  readonly devices?: string;
}

const exportsOf = ({ allocate, begin, score, toll, devices }: Sharing): string => `
  (func (export "allocateShare") (param i32) (result i32) ${allocate ?? `(i32.const ${SHARE})`})
  (func (export "allocateTypical") (param i32) (result i32) (i32.const ${TYPICAL}))
  (func (export "beginSharing") (param i32 i32 i32) ${begin ?? ""})
  (func (export "scoreSharing") (param i32) ${score ?? ""})
  (func (export "toll") (param i32) (result f64) ${toll ?? "(f64.const 0)"})
  (func (export "chooseDevices") (param i32) (result i32) ${devices ?? chosen([0, 1])})`;

const chosen = (devices: readonly number[]): string =>
  `${devices.map((device, i) => `(i32.store (i32.const ${DEVICES + 4 * i}) (i32.const ${device}))`).join(" ")} (i32.const ${devices.length})`;

const MANIFEST = JSON.stringify({ ...RIGHT_MANIFEST, abi: "1.4" });
const partsOf = (sharing: Sharing): WrongParts => ({
  constants: constants(1, 4, 3),
  manifest: MANIFEST,
  more: exportsOf(sharing),
});
const open = (parts: WrongParts): SharingPolicy =>
  unwrap(
    instantiateSharing(unwrap(loadPolicyModule(wrongModule(parts), "placement")), {}, { number: 1, seed: 1 }),
  );

/** One node with three devices, the last of them half free. */
const nodes: ShareColumns = {
  count: 1,
  freeCpuMilli: Int32Array.of(8000),
  freeMemMib: Int32Array.of(1000),
  gpus: Int32Array.of(3),
  model: Int32Array.of(0),
  freeGpuMilli: Int32Array.of(2500),
  kinds: Int32Array.of(1),
  free: Int16Array.of(1000, 1000, 500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
};
const typical = {
  jobs: 1,
  cpuMilli: Int32Array.of(1000),
  gpus: Int32Array.of(1),
  gpuMilli: Int32Array.of(500),
  models: Int32Array.of(-1),
  count: Float64Array.of(1),
};
const job = { cpuMilli: 1000, memMib: 1, gpus: 2, gpuMilli: 600, models: -1 };

function placed(policy: SharingPolicy): readonly number[] | PolicyFault {
  const asked = (): PolicyFault | undefined =>
    policy.begin(nodes, typical) ??
    policy.score(job, [0], new Float32Array(1)) ??
    policy.tolls(new Float64Array(1));
  return asked() ?? policy.devices(0);
}

describe("choosing devices is a fault when the module", () => {
  test.each<[string, Sharing, string, string]>([
    [
      "gives a device that the node does not have",
      { devices: chosen([0, 3]) },
      "POLICY_BAD_DEVICE",
      "device 3 of the 3",
    ],
    ["gives a device below 0", { devices: chosen([-1, 0]) }, "POLICY_BAD_DEVICE", "device -1"],
    ["gives one with too little free", { devices: chosen([0, 2]) }, "POLICY_BAD_DEVICE", "too little free"],
    ["gives one twice that holds one part", { devices: chosen([1, 1]) }, "POLICY_BAD_DEVICE", "device 1"],
    ["gives too few", { devices: chosen([0]) }, "POLICY_BAD_DEVICE", "1 devices of 2"],
    ["says that it gave a great many", { devices: "(i32.const 1000000)" }, "POLICY_BAD_DEVICE", "1000000"],
    ["traps over them", { devices: "(unreachable)" }, "POLICY_TRAP", "unreachable"],
    [
      "gives a score that is not a number",
      { score: `(f32.store (i32.const ${SCORES}) (f32.const nan))` },
      "POLICY_BAD_SCORE",
      "node row 0",
    ],
    ["gives a toll without end", { toll: "(f64.const inf)" }, "POLICY_BAD_SCORE", "GPU model 0"],
    ["has no room for the nodes", { allocate: "(i32.const 65536)" }, "POLICY_MEMORY", "allocateShare"],
    [
      "gives a block that is not aligned",
      { allocate: `(i32.const ${SHARE + 4})` },
      "POLICY_MEMORY",
      "not aligned",
    ],
    ["traps when it begins", { begin: "(unreachable)" }, "POLICY_TRAP", "unreachable"],
  ])("%s", (_, sharing, code, word) => {
    const fault = placed(open(partsOf(sharing)));
    expect(fault).toMatchObject({ code, message: expect.stringContaining(word) });
  });

  test("not when it is right, even if its memory grows while it scores", () => {
    expect(placed(open(partsOf({})))).toEqual([0, 1]);
    expect(placed(open(partsOf({ score: "(drop (memory.grow (i32.const 1)))" })))).toEqual([0, 1]);
  });
});

test("a module that exports a part of what sharing takes is refused, and so is one that places whole devices", () => {
  const half = loadPolicyModule(
    wrongModule({ ...partsOf({}), more: exportsOf({}).split("\n").slice(0, -1).join("\n") }),
    "placement",
  );
  expect(half).toMatchObject({
    refusal: { code: "POLICY_MISSING_EXPORT", message: expect.stringContaining("chooseDevices") },
  });
  const whole = unwrap(loadPolicyModule(wrongModule({}), "placement"));
  expect(instantiateSharing(whole, {}, { number: 1, seed: 1 })).toMatchObject({
    refusal: { code: "POLICY_MISSING_EXPORT", message: expect.stringContaining("whole devices only") },
  });
});
