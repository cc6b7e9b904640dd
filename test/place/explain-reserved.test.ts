/** What `explain` says of reservations: how many nodes they take from a job, and which ones they are. */
import { describe, expect, it } from "vitest";
import { explainRow } from "../../core/place/explain.ts";
import type { PassReservation } from "../../core/state/reservations.ts";
import { GRES_PARENT, NOW_S, TestCluster } from "./cluster.ts";
import { planQueue } from "./planning.ts";

const kept = (id: number, name: string, nodes: number[], fromS: number, toS: number): PassReservation => ({
  id,
  name,
  nodes: Int32Array.from(nodes),
  windows: [{ startS: NOW_S + fromS, endS: NOW_S + toS }],
  isMaintenance: name === "disks",
  isFlexible: false,
  mayOverlap: false,
});

function explain(own: number, limitS: number, ...reservations: PassReservation[]) {
  const cluster = new TestCluster();
  for (let i = 0; i < 4; i++) cluster.node();
  cluster.busy(3, 500, 4);
  const row = cluster.job({ nodes: 4, tasks: 4, limitS });
  cluster.pending.columns.reservation[row] = own;
  const tables = { ...cluster.tables(), reservations };
  const names = { node: (node: number) => `n${node}`, gresParent: GRES_PARENT };
  const { reason, filters, freeNodes, text } = explainRow(tables, planQueue(tables), row, names);
  return { reason, freeNodes, text, reserved: filters.find(({ filter }) => filter === "reserved") };
}

describe("a job that waits", () => {
  it("is told which reservations keep how many nodes, now and later", () => {
    const { text, ...rest } = explain(
      0,
      3600,
      kept(1, "disks", [0], -10, 600),
      kept(2, "course", [0, 1], 1000, 2000),
      kept(3, "later", [2], 3600, 7200),
    );
    expect(rest).toEqual({
      reason: "Resources",
      freeNodes: 1,
      reserved: { filter: "reserved", removed: 2, left: 2 },
    });
    expect(text).toContain("Reservation disks keeps 1 node for maintenance for 600 s more.");
    expect(text).toContain("Reservation course keeps 2 nodes from in 1000 s to in 2000 s.");
    expect(text).not.toContain("later");
  });

  it("is told of nothing where none is in its way", () => {
    expect(explain(0, 60, kept(1, "later", [0], 60, 120))).toMatchObject({ reserved: undefined });
  });

  it("for its own is told when that begins, and what of other nodes it cannot have", () => {
    const own = kept(1, "course", [0, 1, 2, 3], 100, 8000);
    const waits = explain(1, 3600, own);
    expect(waits).toMatchObject({ reason: "Reservation", reserved: undefined });
    expect(waits.text).toContain("Its reservation course begins in 100 s.");
    const long = explain(1, 9000, { ...own, windows: [{ startS: NOW_S - 1, endS: NOW_S + 8000 }] });
    expect(long.text).toContain("ends in 8000 s, less than the job's limit of 9000 s.");
    const narrow = explain(1, 60, kept(1, "course", [0, 1], -1, 8000));
    expect(narrow.reserved).toEqual({ filter: "reserved", removed: 2, left: 2 });
  });
});
