/** Watches a state over its events: what is versioned must have another version whenever it has other content. */
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { NODE_LAYOUT, PENDING_LAYOUT } from "../../core/state/tables.ts";
import { at, same } from "./same.ts";

/** What of a node running jobs change; all else has the version. */
const OF_JOBS = new Set(["freeCpus", "freeMemMib", "freeGres", "laneFree", "freesAtS", "runningJobs"]);

export class VersionWitness {
  /** Content by version, of all rows that ever were. */
  readonly #rows = new Map<number, string>();
  #nodesVersion = -1;
  #nodes = "";

  /** After each event. */
  check(state: ClusterState): void {
    this.#checkPending(state);
    this.#checkNodes(state);
  }

  #checkPending(state: ClusterState): void {
    const { columns, count } = state.pending;
    const names = Object.keys(PENDING_LAYOUT) as (keyof typeof PENDING_LAYOUT)[];
    const seen = new Set<number>();
    for (let row = 0; row < count; row++) {
      const version = columns.version[row]!;
      same(at`version of row ${row} is unlike that of others`, seen.has(version), false);
      seen.add(version);
      const content = names.map((name) => columns[name][row]).join(" ");
      same(at`content of version ${version}`, content, this.#rows.get(version) ?? content);
      this.#rows.set(version, content);
    }
  }

  #checkNodes(state: ClusterState): void {
    const { columns, capacity, count } = state.nodes;
    const parts: string[] = [];
    for (const [name, { planes }] of Object.entries(NODE_LAYOUT)) {
      if (OF_JOBS.has(name)) continue;
      const column = columns[name as keyof typeof NODE_LAYOUT];
      for (let plane = 0; plane < planes; plane++) {
        parts.push(column.subarray(plane * capacity, plane * capacity + count).join());
      }
    }
    const nodes = [...parts, state.partitions.map(({ spec }) => spec.name).join()].join(" ");
    if (state.nodesVersion === this.#nodesVersion) same("nodes of one version", nodes, this.#nodes);
    this.#nodes = nodes;
    this.#nodesVersion = state.nodesVersion;
  }
}
