/**
 * What the pass benchmark holds a plan to: nothing is given out twice, and for small clusters every job has the start
 * that a search by brute force gives it. Only the benchmark runs this.
 */
import type { Plan } from "../../core/model/plan.ts";
import type { PassTables } from "../../core/state/tables.ts";

/** The first node that the plan's starts overfill, in words; "" for none. */
export function findOversubscription(tables: PassTables, plan: Plan): string {
  const { columns } = tables.nodes;
  const { columns: shapes } = tables.shapes;
  const left = {
    CPUs: columns.freeCpus.slice(0, tables.nodes.count),
    MiB: columns.freeMemMib.slice(0, tables.nodes.count),
    GPUs: Int32Array.from(columns.freeGres.subarray(0, tables.nodes.count)),
  };
  for (let start = 0; start < plan.startCount; start++) {
    const shape = tables.pending.columns.shape[plan.startRow[start]!]!;
    const nodes = plan.startNodes.subarray(plan.startOffset[start]!, plan.startOffset[start + 1]!);
    if (new Set(nodes).size !== shapes.minNodes[shape]!)
      return `job ${plan.startJob[start]} has ${nodes.length} nodes`;
    for (const node of nodes) {
      left.CPUs[node]! -= shapes.cpus[shape]!;
      left.MiB[node]! -= shapes.memMib[shape]!;
      left.GPUs[node]! -= shapes.gresCount[shape]!;
    }
  }
  for (const [what, column] of Object.entries(left)) {
    const node = column.findIndex((amount) => amount < 0);
    if (node >= 0) return `node row ${node} is short of ${-column[node]!} ${what}`;
  }
  return "";
}

/** The first job of the queue that starts at another time than brute force says; "" for none. For empty clusters. */
export function findLateStart(
  tables: PassTables,
  plan: Plan,
  order: Int32Array,
  borders: Int32Array,
): string {
  const { count, columns } = tables.nodes;
  const { columns: shapes } = tables.shapes;
  const free = Array.from(borders, () => ({
    cpus: columns.freeCpus.slice(0, count),
    memMib: columns.freeMemMib.slice(0, count),
    gpus: Int32Array.from(columns.freeGres.subarray(0, count)),
  }));
  for (const row of order) {
    const shape = tables.pending.columns.shape[row]!;
    const limitS = tables.pending.columns.timeLimitS[row]!;
    const roundedS = borders.find((at) => at >= limitS) ?? Number.POSITIVE_INFINITY;
    const [want, cpus, memMib, gpus] = [
      shapes.minNodes[shape]!,
      shapes.cpus[shape]!,
      shapes.memMib[shape]!,
      shapes.gresCount[shape]!,
    ];
    let startS = -1;
    for (let slot = 0; slot < borders.length && startS < 0; slot++) {
      const window = free.filter((_, at) => at >= slot && borders[at]! < borders[slot]! + roundedS);
      const nodes: number[] = [];
      for (let node = 0; node < count && nodes.length < want; node++) {
        const fits = window.every(
          (at) => at.cpus[node]! >= cpus && at.memMib[node]! >= memMib && at.gpus[node]! >= gpus,
        );
        if (fits) nodes.push(node);
      }
      if (nodes.length < want) continue;
      startS = borders[slot]!;
      for (const at of window) {
        for (const node of nodes) {
          at.cpus[node]! -= cpus;
          at.memMib[node]! -= memMib;
          at.gpus[node]! -= gpus;
        }
      }
    }
    const planned = plan.expectedStartS[row] === 0 ? -1 : plan.expectedStartS[row]! - plan.nowS;
    if (planned !== startS) {
      return `job ${tables.pending.columns.jobId[row]} is planned in ${planned} s and could start in ${startS} s`;
    }
  }
  return "";
}
