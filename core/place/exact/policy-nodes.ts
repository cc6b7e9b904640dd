/**
 * Nodes for jobs that counting has let start, as the placement and topology policies choose them. The kernel and the
 * policies are begun with the first start of a pass: most passes have none, and beginning costs as much as the cluster
 * is large.
 */
import type { Plan } from "../../model/plan.ts";
import type { RankedQueue } from "../../model/ranked.ts";
import type { PassTables } from "../../state/tables.ts";
import { ClassTable } from "../class-table.ts";
import type { PlanKernel } from "../kernel.ts";
import { NodeChooser } from "../node-chooser.ts";
import { Picker } from "../picker.ts";
import { policyJobOf } from "../policy-job.ts";
import type { PlanPolicies } from "../queue.ts";
import { NO_ENDS } from "./node-ends.ts";
import type { PlanColumns } from "./plan-columns.ts";

/** The kernel's only slot, and how many a job holds. */
const NOW = 0;
const ONE = 1;

interface Opened {
  readonly classes: ClassTable;
  readonly chooser: NodeChooser;
  readonly picker: Picker;
}

export class PolicyNodes {
  readonly #kernel: PlanKernel;
  readonly #tables: PassTables;
  readonly #ranked: RankedQueue;
  readonly #policies: PlanPolicies;
  #opened: Opened | undefined;

  constructor(kernel: PlanKernel, tables: PassTables, ranked: RankedQueue, policies: PlanPolicies) {
    this.#kernel = kernel;
    this.#tables = tables;
    this.#ranked = ranked;
    this.#policies = policies;
  }

  get faults(): Plan["faults"] {
    return this.#opened?.chooser.faults ?? [];
  }

  /** Adds the nodes of a job of the row to the plan's last start. Throws where they do not hold what was counted. */
  take(row: number, partition: number, columns: PlanColumns): void {
    this.#opened ??= this.#open();
    const { classes, chooser, picker } = this.#opened;
    const kernel = this.#kernel;
    const classIndex = classes.of(this.#tables.pending.columns.shape[row]!, partition);
    if (classIndex < 0) throw new Error("a pass starts jobs of more shapes than the kernel holds");
    const demand = classes.demand[classIndex]!;
    const describe = () => policyJobOf(this.#tables, this.#ranked, demand, row, partition);
    const count = picker.pick(classIndex, ONE, describe);
    if (count === 0) throw new Error(`pending row ${row} was counted as fitting and no nodes hold it`);
    kernel.take(classIndex, NOW, ONE);
    chooser.update(count);
    for (let i = 0; i < count; i++) {
      const even = Math.floor(demand.tasks / count) + (i < demand.tasks % count ? 1 : 0);
      columns.addNode(kernel.picks[i]!, demand.uneven ? kernel.pickTasks[i]! : even);
    }
  }

  #open(): Opened {
    const kernel = this.#kernel;
    kernel.begin(this.#tables, [], Int32Array.of(NOW));
    kernel.fill(NO_ENDS);
    const classes = new ClassTable(this.#tables, kernel, []);
    const chooser = new NodeChooser(this.#tables, kernel, this.#policies);
    return { classes, chooser, picker: new Picker(kernel, classes, chooser) };
  }
}
