/**
 * Which of the feasible nodes a starting job gets: asks the topology and placement policies, checks what they answer and
 * lets the fallback serve for the rest of the pass once one has been wrong. Runs once for each job that starts.
 */
import type { Plan } from "../model/plan.ts";
import type { PlacementPolicy, PolicyFault, PolicyJob, PolicyKind, TopologyPolicy } from "../model/policy.ts";
import type { PassTables } from "../state/tables.ts";
import { pickLowest } from "./fallback.ts";
import type { PlanKernel } from "./kernel.ts";
import { NodeTiers } from "./node-tiers.ts";
import { columnsNow, columnsOf } from "./policy-columns.ts";
import type { PlanPolicies } from "./queue.ts";

/** GRES dimension of which policies see the free devices. */
const GPU = 0;

export class NodeChooser {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #gpuPlane: number;
  readonly #fallback: PlacementPolicy;
  #placement: PlacementPolicy;
  #topology: TopologyPolicy | undefined;
  readonly #scores: Float32Array;
  readonly #answer: Int32Array;
  /** By node: the last answer that named it. */
  readonly #namedIn: Uint32Array;
  /** undefined where all nodes cost the same. */
  readonly #tiers: NodeTiers | undefined;
  /** Nodes chosen for their cost. */
  readonly #cheap: Int32Array;
  #answers = 0;
  readonly faults: Plan["faults"][number][] = [];

  constructor(tables: PassTables, kernel: PlanKernel, policies: PlanPolicies) {
    const { count } = tables.nodes;
    this.#tables = tables;
    this.#kernel = kernel;
    this.#gpuPlane = kernel.dimensions.indexOf(GPU);
    this.#fallback = policies.fallback;
    this.#placement = policies.placement;
    this.#topology = policies.topology;
    this.#scores = new Float32Array(count);
    this.#answer = new Int32Array(count);
    this.#namedIn = new Uint32Array(count);
    this.#tiers = NodeTiers.of(tables);
    this.#cheap = new Int32Array(this.#tiers === undefined ? 0 : count);
    const columns = columnsOf(tables);
    const placementFault = this.#placement.begin(columns);
    if (placementFault !== undefined) this.#dropPlacement(placementFault);
    const topologyFault = this.#topology?.begin(columns);
    if (topologyFault !== undefined) this.#dropTopology(topologyFault);
  }

  /**
   * Writes `want` rows of the kernel's feasible mask into its picks from `offset` on, in rank order. At least `want`
   * bytes of the mask are set.
   */
  choose(job: PolicyJob, wanted: number, offset: number): void {
    if (wanted === 0) return;
    const cheap = this.#tiers?.takeCheap(this.#kernel.feasibleMask, wanted, this.#cheap) ?? 0;
    const { picks } = this.#kernel;
    picks.set(this.#cheap.subarray(0, cheap), offset);
    const isSet = this.#chooseAlike(job, wanted - cheap, offset + cheap);
    if (cheap > 0 && !isSet) picks.subarray(offset, offset + wanted).sort();
  }

  /** Among nodes that cost the same; whether they are a set of the topology policy, in its order. */
  #chooseAlike(job: PolicyJob, want: number, offset: number): boolean {
    if (want === 0) return true;
    const isSet = this.#setAlike(job, want) !== undefined;
    if (!isSet) {
      this.#place(job, want);
      // No order was asked of the nodes of a set: ranks go by row.
      if (want > 1) this.#answer.subarray(0, want).sort();
    }
    this.#kernel.picks.set(this.#answer.subarray(0, want), offset);
    return isSet;
  }

  /**
   * The topology policy's set of `want` marked nodes in rank order, until the next call; undefined where none serves, and
   * where nodes differ in cost, which goes first.
   */
  set(job: PolicyJob, want: number): Int32Array | undefined {
    return this.#tiers === undefined ? this.#setAlike(job, want) : undefined;
  }

  #setAlike(job: PolicyJob, want: number): Int32Array | undefined {
    if (this.#topology === undefined) return undefined;
    if (want === 1 && this.#topology.takesSingles !== true) return undefined;
    if (!this.#chooseSet(job, want)) return undefined;
    return this.#answer.subarray(0, want);
  }

  /** `want` marked nodes, the cheapest first, else as the placement policy names them; until the next call. */
  order(job: PolicyJob, want: number): Int32Array {
    if (this.#tiers === undefined) {
      this.#place(job, want);
      return this.#answer.subarray(0, want);
    }
    let named = 0;
    this.#tiers.each(this.#kernel.feasibleMask, want, (wanted) => {
      this.#place(job, wanted);
      this.#cheap.set(this.#answer.subarray(0, wanted), named);
      named += wanted;
    });
    return this.#cheap.subarray(0, named);
  }

  /** Tells the policies what is free on the picked nodes after a start. */
  update(want: number): void {
    const { picks } = this.#kernel;
    for (let i = 0; i < want; i++) {
      const row = picks[i]!;
      const cpus = this.#kernel.freeCpus(row);
      const memMib = this.#kernel.freeMemMib(row);
      const gpus =
        this.#gpuPlane < 0
          ? this.#tables.nodes.columns.freeGres[row]!
          : this.#kernel.freeGres(this.#gpuPlane, row);
      this.#placement.update(row, cpus, memMib, gpus);
      this.#topology?.update(row, cpus, memMib, gpus);
    }
  }

  #place(job: PolicyJob, want: number): void {
    const mask = this.#kernel.feasibleMask;
    if (this.#placement !== this.#fallback) {
      const fault = this.#placement.place(job, mask, want, this.#answer) ?? this.#wrong(mask, want);
      if (fault !== undefined) this.#dropPlacement(fault);
    }
    if (this.#placement === this.#fallback) {
      const fault = this.#fallback.place(job, mask, want, this.#answer) ?? this.#wrong(mask, want);
      if (fault !== undefined) this.#placeLowest(mask, want, fault);
    }
  }

  #chooseSet(job: PolicyJob, want: number): boolean {
    const mask = this.#kernel.feasibleMask;
    const scoreFault = this.#placement.score(job, mask, this.#scores);
    if (scoreFault !== undefined) {
      this.#dropPlacement(scoreFault);
      this.#scores.fill(0);
    }
    const fault =
      this.#topology!.choose(job, mask, this.#scores, want, this.#answer) ?? this.#wrong(mask, want);
    if (fault !== undefined) this.#dropTopology(fault);
    return fault === undefined;
  }

  /** The built-in was wrong too, which is reported; the job still gets nodes. */
  #placeLowest(mask: Uint8Array, want: number, fault: PolicyFault): void {
    this.#report("placement", this.#fallback.name, fault);
    pickLowest(mask, want, this.#answer);
  }

  #wrong(mask: Uint8Array, want: number): PolicyFault | undefined {
    const answer = ++this.#answers;
    for (let i = 0; i < want; i++) {
      const row = this.#answer[i]!;
      if (row < 0 || row >= mask.length || mask[row] === 0) {
        return { code: "POLICY_BAD_NODE", message: `named node row ${row}, which is not feasible` };
      }
      if (this.#namedIn[row] === answer) {
        return { code: "POLICY_DUPLICATE_NODE", message: `named node row ${row} twice` };
      }
      this.#namedIn[row] = answer;
    }
    return undefined;
  }

  #dropPlacement(fault: PolicyFault): void {
    this.#report("placement", this.#placement.name, fault);
    if (this.#placement === this.#fallback) return;
    this.#placement = this.#fallback;
    const beginFault = this.#fallback.begin(columnsNow(this.#tables, this.#kernel, this.#gpuPlane));
    if (beginFault !== undefined) this.#report("placement", this.#fallback.name, beginFault);
  }

  #dropTopology(fault: PolicyFault): void {
    this.#report("topology", this.#topology!.name, fault);
    this.#topology = undefined;
  }

  #report(kind: PolicyKind, module: string, fault: PolicyFault): void {
    this.faults.push({ kind, module, fault });
  }
}
