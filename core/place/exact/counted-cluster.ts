/**
 * When a sum of CPUs alone says whether a job fits: on a cluster whose nodes are interchangeable, for jobs whose tasks
 * may lie on any of them. Says for each shape of a pass how many CPUs it needs, or that counting does not do. What it
 * keeps between passes are facts of the nodes, made again when their version changes. Never looks at what is free.
 */
import { ALL } from "../../model/request.ts";
import { isNodeUsable, MAX_SHAPE_GRES, type PassTables } from "../../state/tables.ts";

/** The shape cannot be planned by counts. */
export const NOT_COUNTABLE = -1;

export class CountedCluster {
  /** CPUs of all nodes. */
  totalCpus = 0;
  nodeCount = 0;
  /** Another number each time the nodes were looked at anew. */
  facts = 0;
  /** CPUs of the largest node. */
  #maxCpus = 0;
  /** By number of nodes less one: CPUs of so many of the largest nodes. */
  #largest = new Float64Array(0);
  /** The least that a partition lets a job have. */
  #mostNodes = 0;
  #isUniform = false;
  #version = -1;
  #buffer: SharedArrayBuffer | undefined;

  #pass = 0;
  /** By shape: the pass in which `amount` was written. */
  #knownIn = new Float64Array(64);
  #amount = new Int32Array(64);

  /** Begins a pass; whether the nodes are all usable and in the same partitions. */
  begin(tables: PassTables): boolean {
    this.#pass++;
    const { nodes, shapes } = tables;
    this.#mostNodes = Number.POSITIVE_INFINITY;
    for (const { maxNodes } of tables.partitions) this.#mostNodes = Math.min(this.#mostNodes, maxNodes);
    if (this.#knownIn.length < shapes.count) {
      this.#knownIn = new Float64Array(shapes.capacity);
      this.#amount = new Int32Array(shapes.capacity);
    }
    const isKnown =
      this.#version === tables.nodesVersion &&
      this.#buffer === nodes.buffer &&
      this.nodeCount === nodes.count;
    if (!isKnown) this.#look(tables);
    return this.#isUniform;
  }

  /** CPUs that a job of the shape needs, 1 or more, maybe more than there are; NOT_COUNTABLE where nodes matter. */
  amountOf(tables: PassTables, shape: number): number {
    if (this.#knownIn[shape] === this.#pass) return this.#amount[shape]!;
    const amount = this.#count(tables, shape);
    this.#knownIn[shape] = this.#pass;
    this.#amount[shape] = amount;
    return amount;
  }

  #count(tables: PassTables, shape: number): number {
    const { columns, capacity } = tables.shapes;
    const isPlain =
      columns.memMib[shape] === 0 &&
      columns.exclusive[shape] === 0 &&
      columns.oneThreadPerCore[shape] === 0 &&
      columns.featureLo[shape] === 0 &&
      columns.featureHi[shape] === 0 &&
      tables.constraints?.has(shape) !== true &&
      tables.setRules?.rules.has(shape) !== true &&
      tables.licences?.asked.has(shape) !== true &&
      columns.requiredCount[shape] === 0 &&
      columns.excludedCount[shape] === 0 &&
      columns.cpus[shape] !== ALL;
    if (!isPlain) return NOT_COUNTABLE;
    for (let plane = 0; plane < MAX_SHAPE_GRES; plane++)
      if (columns.gresCount[plane * capacity + shape] !== 0) return NOT_COUNTABLE;
    const tasks = columns.tasks[shape]!;
    const tasksPerNode = columns.tasksPerNode[shape]!;
    const minNodes = columns.minNodes[shape]!;
    const cpusPerTask = columns.cpusPerTask[shape]!;
    if (this.nodeCount === 1) {
      if (minNodes > 1 || tasksPerNode < tasks) return NOT_COUNTABLE;
      return Math.max(1, columns.cpus[shape]! - (tasksPerNode - tasks) * cpusPerTask);
    }
    if (cpusPerTask !== 1 || columns.cpus[shape] !== tasksPerNode) return NOT_COUNTABLE;
    const isAnywhere =
      columns.uneven[shape] !== 0
        ? tasksPerNode >= Math.min(tasks, this.#maxCpus) &&
          Math.min(columns.maxNodes[shape]!, this.#mostNodes) >= Math.min(tasks, this.nodeCount) &&
          minNodes <= this.#fewestNodes(tasks)
        : tasksPerNode === 1 && tasks === minNodes && (tasks === 1 || this.#maxCpus === 1);
    return isAnywhere ? tasks : NOT_COUNTABLE;
  }

  /** Nodes that so many CPUs take at least; all of them where there are too few. */
  #fewestNodes(cpus: number): number {
    let low = 0;
    let high = this.nodeCount - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#largest[middle]! >= cpus) high = middle;
      else low = middle + 1;
    }
    return low + 1;
  }

  #look(tables: PassTables): void {
    const { columns, count, buffer } = tables.nodes;
    this.facts++;
    this.#version = tables.nodesVersion;
    this.#buffer = buffer;
    this.nodeCount = count;
    this.#isUniform = count > 0;
    for (let row = 0; row < count && this.#isUniform; row++) {
      this.#isUniform =
        isNodeUsable(columns.flags[row]!) &&
        columns.partitionLo[row] === columns.partitionLo[0] &&
        columns.partitionHi[row] === columns.partitionHi[0];
    }
    if (!this.#isUniform) return;
    const largest = Float64Array.from(columns.totalCpus.subarray(0, count)).sort().reverse();
    this.#maxCpus = largest[0]!;
    for (let i = 1; i < count; i++) largest[i]! += largest[i - 1]!;
    this.#largest = largest;
    this.totalCpus = largest[count - 1]!;
  }
}
