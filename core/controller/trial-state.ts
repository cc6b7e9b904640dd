/**
 * A state to try submissions on, for `--test-only` and `rota explain`: everything that a submission changes is a copy, the
 * rest (nodes, running jobs, records) is the live state's own and only read. Takes some milliseconds where a copy by way of
 * a snapshot takes seconds. Good for one look, before the next event of the live state.
 */
import type { AccountingBook } from "../state/accounting.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { Interned } from "../state/interned.ts";
import { NodeMarks } from "../state/node-marks.ts";
import { ShapeBook } from "../state/shape-book.ts";
import { Table } from "../state/table.ts";
import { PENDING_LAYOUT, SHAPE_LAYOUT } from "../state/tables.ts";

/** Far from the versions that the live table gives next. */
const TRIAL_VERSIONS = 0x8000_0000;

/** Only `job.submitted` and `het.submitted` may be applied to what it gives: any other event would change the live state with it. */
export function stateForTrial(live: ClusterState): ClusterState {
  return {
    ...live,
    // Rows that were written here must not pass for rows of the live table that are written later.
    pendingVersion: (live.pendingVersion + TRIAL_VERSIONS) >>> 0,
    pending: Table.over(PENDING_LAYOUT, live.pending.snapshot()),
    shapes: copyOfShapes(live.shapes),
    features: new Interned(live.features.names),
    dimensions: new Interned(live.dimensions.names),
    partitionSets: new Interned(live.partitionSets.names),
    partitionSetLists: live.partitionSetLists.map((list) => [...list]),
    config: { ...live.config, setOfName: new Map(live.config.setOfName) },
    licences: { ...live.licences, shapes: new Set(live.licences.shapes) },
    reservations: { ...live.reservations, made: undefined },
    constrained: new Set(live.constrained),
    ruled: new Set(live.ruled),
    accounting: copyOfAccounting(live.accounting),
    jobs: new Map(live.jobs),
    arrays: new Map(live.arrays),
    pendingRow: new Map(live.pendingRow),
    claimants: new Set(live.claimants),
    deadlines: new Set(live.deadlines),
    sitePointed: new Set(live.sitePointed),
    splitArrays: new Set(live.splitArrays),
    dependents: new Map([...live.dependents].map(([key, ids]) => [key, new Set(ids)])),
    singletons: new Set(live.singletons),
    // Made again where the job has a singleton dependency.
    namesakes: undefined,
    marks: new NodeMarks(),
  };
}

function copyOfShapes(live: ShapeBook): ShapeBook {
  const copy = new ShapeBook();
  while (copy.table.count < live.table.count) copy.table.addRow();
  const from = live.table.columns;
  for (const [name, { planes }] of Object.entries(SHAPE_LAYOUT)) {
    const source = from[name as keyof typeof from];
    const target = copy.table.columns[name as keyof typeof from];
    for (let plane = 0; plane < planes; plane++) {
      const begin = plane * live.table.capacity;
      target.set(source.subarray(begin, begin + live.table.count), plane * copy.table.capacity);
    }
  }
  copy.restore({
    requests: live.requests,
    freeRows: [...live.freeRows],
    lists: live.usedLists().slice(),
    unused: live.unusedListEntries,
  });
  return copy;
}

/** All but what the site configured, which is by far the largest part and never changed in place. */
function copyOfAccounting(live: AccountingBook): AccountingBook {
  const { accounts, fairShare, ...counted } = live;
  return { accounts, fairShare, ...copied(counted, new Map()) };
}

/** A copy with copies of all that is inside; what is inside twice is one in the copy as well. */
function copied<T>(value: T, done: Map<unknown, unknown>): T {
  if (typeof value !== "object" || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known as T;
  const keep = <C>(copy: C): C => {
    done.set(value, copy);
    return copy;
  };
  const of = (part: unknown): unknown => copied(part, done);
  if (value instanceof Table) return keep(Table.over(value.layout, value.snapshot())) as T;
  if (value instanceof Map) {
    const copy = keep(new Map<unknown, unknown>());
    for (const [key, item] of value) copy.set(of(key), of(item));
    return copy as T;
  }
  if (value instanceof Set) {
    const copy = keep(new Set<unknown>());
    for (const item of value) copy.add(of(item));
    return copy as T;
  }
  if (ArrayBuffer.isView(value)) return keep((value as unknown as Float64Array).slice()) as T;
  const copy = keep(Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value)));
  for (const [key, item] of Object.entries(value)) copy[key] = of(item);
  return copy as T;
}
