/**
 * A placement module that chooses parts of devices, as a replay of pods sees it: nodes that changed are scored, then the
 * devices of the node that is taken are asked for, every answer checked. Runs where the caller runs.
 */
import type { PolicyFault } from "../model/policy.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { ShareColumns, ShareJob, SharingPolicy, TypicalJobs } from "../model/sharing.ts";
import { SHARE_LANES } from "../model/sharing.ts";
import {
  type ShareBlock,
  shareBlockBytes,
  shareCapacity,
  viewShareBlock,
  writeShareJob,
  writeShareRow,
} from "./generated/share-block.ts";
import {
  type TypicalBlock,
  typicalBlockBytes,
  typicalCapacity,
  viewTypicalBlock,
  writeTypicalColumns,
} from "./generated/typical-block.ts";
import { type InstanceOptions, ModuleInstance } from "./instance.ts";
import type { PolicyModule } from "./module.ts";

/** Refuses modules that do not choose devices, parameters out of range and modules that trap while they start. */
export function instantiateSharing(
  module: PolicyModule,
  parameters: Readonly<Record<string, number>>,
  options: InstanceOptions,
): Result<SharingPolicy> {
  if (!module.isSharing)
    return refuse(
      "POLICY_MISSING_EXPORT",
      `${module.manifest.name} places whole devices only; a class that extends SharedPlacement chooses parts`,
    );
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmSharing(opened.value)) : opened;
}

class WasmSharing implements SharingPolicy {
  readonly name: string;
  readonly isDrawn: boolean;
  readonly #instance: ModuleInstance;
  #block: ShareBlock | undefined;
  #base = 0;
  #nodes: ShareColumns | undefined;
  #job: ShareJob | undefined;

  constructor(instance: ModuleInstance) {
    this.name = instance.name;
    this.isDrawn = instance.module.isDrawn;
    this.#instance = instance;
  }

  begin(nodes: ShareColumns, typical: TypicalJobs): PolicyFault | undefined {
    const instance = this.#instance;
    const { abiMinor } = instance.module;
    const capacity = shareCapacity(Math.max(nodes.count, 1));
    const base = instance.allocate("allocateShare", capacity, shareBlockBytes(capacity, abiMinor));
    if (typeof base !== "number") return base;
    const rows = typical.count.length;
    const typicalRows = typicalCapacity(Math.max(rows, 1));
    const typicalBytes = typicalBlockBytes(typicalRows, abiMinor);
    const typicalBase = instance.allocate("allocateTypical", typicalRows, typicalBytes);
    if (typeof typicalBase !== "number") return typicalBase;
    this.#base = base;
    this.#block = viewShareBlock(instance.memory, base, capacity, abiMinor);
    this.#nodes = nodes;
    for (let row = 0; row < nodes.count; row++) writeShareRow(this.#block, nodes, row);
    const block: TypicalBlock = viewTypicalBlock(instance.memory, typicalBase, typicalRows, abiMinor);
    writeTypicalColumns(block, typical);
    instance.call("beginSharing", nodes.count, rows, typical.jobs);
    return instance.fault;
  }

  update(nodes: ShareColumns, row: number): void {
    if (this.#instance.fault === undefined) writeShareRow(this.#view(), nodes, row);
  }

  score(job: ShareJob, rows: readonly number[], scores: Float32Array): PolicyFault | undefined {
    const instance = this.#instance;
    if (instance.fault !== undefined) return instance.fault;
    this.#job = job;
    const asked = this.#view();
    writeShareJob(asked, job);
    for (const row of rows) asked.mask[row] = 1;
    instance.call("scoreSharing", this.#nodes!.count);
    if (instance.fault !== undefined) return instance.fault;
    const { mask, scores: given } = this.#view();
    for (const row of rows) {
      mask[row] = 0;
      const score = given[row]!;
      if (!Number.isFinite(score))
        return instance.fail("POLICY_BAD_SCORE", `gave node row ${row} the score ${score}`);
      scores[row] = score;
    }
    return undefined;
  }

  tolls(out: Float64Array): PolicyFault | undefined {
    const instance = this.#instance;
    for (let model = 0; model < out.length; model++) {
      const toll = instance.call("toll", model);
      if (instance.fault !== undefined) return instance.fault;
      if (!Number.isFinite(toll))
        return instance.fail("POLICY_BAD_SCORE", `gave GPU model ${model} the toll ${toll}`);
      out[model] = toll;
    }
    return undefined;
  }

  devices(row: number): readonly number[] | PolicyFault {
    const instance = this.#instance;
    const { gpus, gpuMilli } = this.#job!;
    const given = instance.call("chooseDevices", row);
    if (instance.fault !== undefined) return instance.fault;
    const bad = (what: string): PolicyFault => instance.fail("POLICY_BAD_DEVICE", what);
    if (given !== gpus) return bad(`gave ${given} devices of ${gpus}`);
    const { out } = this.#view();
    const nodes = this.#nodes!;
    const devices: number[] = [];
    for (let i = 0; i < gpus; i++) {
      const device = out[i]!;
      if (device < 0 || device >= nodes.gpus[row]!)
        return bad(`gave device ${device} of the ${nodes.gpus[row]} of node row ${row}`);
      devices.push(device);
      const taken = devices.filter((one) => one === device).length * gpuMilli;
      if (taken > nodes.free[row * SHARE_LANES + device]!)
        return bad(`gave device ${device} of node row ${row}, which has too little free`);
    }
    return devices;
  }

  /** The views, made again when the module has grown its memory, which leaves the old ones empty. */
  #view(): ShareBlock {
    const block = this.#block;
    if (block === undefined) throw new Error("begin comes before any other call of a sharing policy");
    if (block.mask.length > 0) return block;
    const { memory, module } = this.#instance;
    this.#block = viewShareBlock(memory, this.#base, block.capacity, module.abiMinor);
    return this.#block;
  }
}
