/**
 * Shapes: requests that are in use, each once, as rows of a table and as the record they came from. A shape is taken
 * by each job that has it and given back when the job leaves; a row that nobody uses is given to the next new shape.
 */
import { type ShapeId, shapeId } from "../model/ids.ts";
import { ALL, type Request } from "../model/request.ts";
import { requestKey } from "../model/request-key.ts";
import { Table } from "./table.ts";
import { MAX_SHAPE_GRES, SHAPE_LAYOUT, type ShapeTable } from "./tables.ts";

/** Unused list entries that are worth a rebuild of the lists. */
const LIST_SLACK = 4096;

export class ShapeBook {
  readonly table: ShapeTable = new Table(SHAPE_LAYOUT);
  readonly requests: (Request | undefined)[] = [];
  /** Rows that nobody uses, last freed is taken first. */
  readonly freeRows: number[] = [];
  /** Required and excluded node rows of all shapes. */
  lists: Int32Array = new Int32Array(0);
  /** Rows that share nodes with jobs of the same user only. */
  readonly ofOneUser = new Set<number>();
  /** Rows that ask parts of devices. */
  readonly withParts = new Set<number>();
  private listsUsed = 0;
  private listsUnused = 0;
  private readonly byKey = new Map<string, number>();
  /** Texts of the requests that shapes were made of: a simulator submits the same object again and again. */
  private readonly keys = new WeakMap<Request, string>();

  /** The shape of a request, one user more. `featureBits` gives the request's features as bits, for a new shape. */
  take(request: Request, featureBits: (request: Request) => readonly [number, number]): ShapeId {
    const key = this.keys.get(request) ?? requestKey(request);
    const known = this.byKey.get(key);
    if (known !== undefined) {
      this.table.columns.users[known]!++;
      return shapeId(known);
    }
    const row = this.freeRows.pop() ?? this.table.addRow();
    this.byKey.set(key, row);
    this.keys.set(request, key);
    this.requests[row] = request;
    this.writeRow(row, request, featureBits(request));
    return shapeId(row);
  }

  /** One user more of a shape in use. */
  share(shape: ShapeId): void {
    this.table.columns.users[shape]!++;
  }

  /** One user less. */
  release(shape: ShapeId): void {
    const users = this.table.columns.users;
    users[shape]!--;
    if (users[shape] !== 0) return;
    const request = this.requests[shape];
    if (request === undefined) return;
    this.byKey.delete(this.keys.get(request) ?? requestKey(request));
    this.requests[shape] = undefined;
    this.ofOneUser.delete(shape);
    this.withParts.delete(shape);
    this.freeRows.push(shape);
    this.listsUnused += request.requiredNodes.length + request.excludedNodes.length;
    if (this.listsUnused > LIST_SLACK && this.listsUnused * 2 > this.listsUsed) this.rebuildLists();
  }

  request(shape: ShapeId): Request {
    const request = this.requests[shape];
    if (request === undefined) throw new Error(`shape ${shape} is not in use`);
    return request;
  }

  /** The lists in use, without the buffer's spare end. */
  usedLists(): Int32Array {
    return this.lists.subarray(0, this.listsUsed);
  }

  /** Takes over what a snapshot held. */
  restore(rows: {
    readonly requests: (Request | undefined)[];
    freeRows: number[];
    lists: Int32Array;
    unused: number;
  }): void {
    this.requests.push(...rows.requests);
    this.freeRows.push(...rows.freeRows);
    this.lists = rows.lists;
    this.listsUsed = rows.lists.length;
    this.listsUnused = rows.unused;
    rows.requests.forEach((request, row) => {
      if (request === undefined) return;
      this.byKey.set(requestKey(request), row);
      if (request.exclusiveUser === true) this.ofOneUser.add(row);
      if (request.part !== undefined) this.withParts.add(row);
    });
  }

  get unusedListEntries(): number {
    return this.listsUnused;
  }

  private writeRow(row: number, request: Request, featureBits: readonly [number, number]): void {
    const { columns, capacity } = this.table;
    columns.minNodes[row] = request.minNodes;
    columns.maxNodes[row] = request.maxNodes;
    columns.tasks[row] = request.tasks;
    columns.tasksPerNode[row] = request.tasksPerNode;
    columns.uneven[row] = request.uneven ? 1 : 0;
    // A task more on a node needs no CPU more.
    columns.cpusPerTask[row] = request.overcommit === true ? 0 : request.cpusPerTask;
    columns.cpus[row] = request.cpus;
    columns.memMib[row] = request.memMib;
    columns.memPerCpuMib[row] = request.memPer === "cpu" && request.memMib !== ALL ? request.memPerMib : 0;
    for (let i = 0; i < MAX_SHAPE_GRES; i++) {
      columns.gresDimension[i * capacity + row] = request.gres[i]?.dimension ?? 0;
      columns.gresCount[i * capacity + row] = request.gres[i]?.count ?? 0;
      columns.gresPerTask[i * capacity + row] = request.gres[i]?.perTask ? 1 : 0;
    }
    columns.exclusive[row] = request.exclusive ? 1 : 0;
    if (request.exclusiveUser === true) this.ofOneUser.add(row);
    if (request.part !== undefined) this.withParts.add(row);
    columns.oneThreadPerCore[row] = request.oneThreadPerCore;
    columns.featureLo[row] = featureBits[0];
    columns.featureHi[row] = featureBits[1];
    columns.users[row] = 1;
    this.appendLists(row, request);
  }

  private appendLists(row: number, request: Request): void {
    const { columns } = this.table;
    columns.requiredOffset[row] = this.appendList(request.requiredNodes);
    columns.requiredCount[row] = request.requiredNodes.length;
    columns.excludedOffset[row] = this.appendList(request.excludedNodes);
    columns.excludedCount[row] = request.excludedNodes.length;
  }

  private appendList(list: readonly number[]): number {
    const offset = this.listsUsed;
    if (offset + list.length > this.lists.length) {
      const grown = new Int32Array(Math.max(64, 2 * (offset + list.length)));
      grown.set(this.lists);
      this.lists = grown;
    }
    this.lists.set(list, offset);
    this.listsUsed += list.length;
    return list.length === 0 ? 0 : offset;
  }

  private rebuildLists(): void {
    this.lists = new Int32Array(0);
    this.listsUsed = 0;
    this.listsUnused = 0;
    this.requests.forEach((request, row) => {
      if (request !== undefined) this.appendLists(row, request);
    });
  }
}
