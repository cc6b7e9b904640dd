/** A start at commit against the reservations of that moment, which the plan may not have known. */
import { expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import type { PassReservation } from "../../core/state/reservations.ts";
import { NOW_S, TestCluster } from "../place/cluster.ts";
import { planQueue } from "../place/planning.ts";

const kept = (id: number, change: Partial<PassReservation> = {}): PassReservation => ({
  id,
  name: `r${id}`,
  nodes: Int32Array.of(0),
  windows: [{ startS: NOW_S - 10, endS: NOW_S + 100 }],
  isMaintenance: false,
  isFlexible: false,
  mayOverlap: false,
  ...change,
});
const later = (fromS: number, toS: number) => ({
  windows: [{ startS: NOW_S + fromS, endS: NOW_S + toS }],
});

/** What becomes of a job of so many seconds, planned on node 0 when nothing was kept. */
function committed(limitS: number, own: number, ...reservations: PassReservation[]): string {
  const cluster = new TestCluster();
  cluster.node();
  cluster.job({ limitS });
  const plan = planQueue(cluster.tables());
  cluster.pending.columns.reservation[0] = own;
  const { conflicts } = commit(plan, { ...cluster.tables(), reservations }, cluster);
  return conflicts[0] === undefined ? "started" : `${conflicts[0].code}: ${conflicts[0].text}`;
}

it("keeps a job off the nodes of others for all of its time, to the second", () => {
  expect(committed(50, 0, kept(1))).toBe(
    "RESERVED: node row 0, planned for job 1, is kept by reservation r1",
  );
  expect(committed(50, 0, kept(1, later(50, 60)))).toBe("started");
  expect(committed(51, 0, kept(1, later(50, 60)))).toMatch(/^RESERVED/);
  expect(committed(50, 0, kept(1, { nodes: Int32Array.of(1, 2) }))).toBe("started");
  const twice = { windows: [later(50, 60).windows[0]!, later(500, 560).windows[0]!] };
  expect(committed(501, 0, kept(1, twice))).toMatch(/^RESERVED/);
});

it("keeps a job within its own, unless that is flexible", () => {
  expect(committed(100, 1, kept(1))).toBe("started");
  expect(committed(101, 1, kept(1))).toBe(
    "RESERVED: it would not run within reservation r1, which job 1 asks for",
  );
  expect(committed(101, 1, kept(1, { isFlexible: true }))).toBe("started");
  expect(committed(5, 1, kept(1, later(1, 60)))).toMatch(/^RESERVED: it would not run within/);
  expect(committed(50, 1, kept(1, { nodes: Int32Array.of(1) }))).toMatch(/^RESERVED: node row 0 is not in/);
  expect(committed(50, 2, kept(1))).toBe("RESERVED: the reservation of job 1 is over");
});

it("lets jobs of one that may lie on others onto these, but not onto maintenance", () => {
  const over = kept(2, { mayOverlap: true });
  expect(committed(50, 2, kept(1), over)).toBe("started");
  expect(committed(50, 1, kept(1), over)).toMatch(/^RESERVED/);
  expect(committed(50, 2, kept(1, { isMaintenance: true }), over)).toMatch(/^RESERVED/);
  expect(committed(50, 1, kept(1, { isMaintenance: true }), over)).toBe("started");
});
