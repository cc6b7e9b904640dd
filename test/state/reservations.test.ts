/** Events of reservations: what jobs, rows and passes see of them, and that a snapshot keeps it all. */
import { describe, expect, it } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import type { ReservationSpec } from "../../core/model/reservation.ts";
import { reduce } from "../../core/state/reduce.ts";
import { BARRED_RESERVATION, reservationTables } from "../../core/state/reservations.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { PENDING_FLAG } from "../../core/state/tables.ts";
import { BEGAN_S, Cluster } from "./fixture.ts";

const spec = (change: Partial<ReservationSpec> = {}): ReservationSpec => ({
  name: "course",
  startS: BEGAN_S + 100,
  endS: BEGAN_S + 200,
  nodes: [nodeIndex(0)],
  features: "",
  partition: "",
  users: ["alice"],
  accounts: [],
  groups: [],
  flags: [],
  purgeS: 0,
  ...change,
});

function withCourse(change: Partial<ReservationSpec> = {}): Cluster {
  const cluster = new Cluster();
  cluster.apply({ type: "reservation.created", atS: cluster.nowS, reservation: spec(change) });
  return cluster;
}
const submit = (cluster: Cluster): number => cluster.submit({ fields: { reservation: "course" } });
const rowOf = (cluster: Cluster, id: number): number => cluster.state.pendingRow.get(id as never)!;
const end = (cluster: Cluster): void =>
  cluster.apply({ type: "reservation.deleted", atS: cluster.nowS, name: "course" });

describe("a reservation", () => {
  it("is named by its id in the rows of jobs that ask for it", () => {
    const cluster = withCourse();
    const { reservation } = cluster.state.pending.columns;
    expect(reservation[rowOf(cluster, submit(cluster))]).toBe(1);
    expect(reservation[rowOf(cluster, cluster.submit())]).toBe(0);
  });

  it("has none of the jobs that wait for it once it is not for their owner any more, until it is again", () => {
    const cluster = withCourse();
    const row = rowOf(cluster, submit(cluster));
    const { reservation } = cluster.state.pending.columns;
    const change = (users: readonly string[]): void =>
      cluster.apply({ type: "reservation.changed", atS: cluster.nowS, name: "course", change: { users } });
    change(["bob"]);
    expect(reservation[row]).toBe(BARRED_RESERVATION);
    change([]);
    expect(reservation[row]).toBe(1);
  });

  it("has an id that is never given again", () => {
    const cluster = withCourse();
    end(cluster);
    cluster.apply({ type: "reservation.created", atS: cluster.nowS, reservation: spec() });
    expect(cluster.state.reservations.byName.get("course")?.id).toBe(2);
  });

  it("is in passes until it is over, and at its next time where it recurs", () => {
    const cluster = withCourse();
    const windows = (atS: number) => reservationTables(cluster.state, atS)?.map((one) => one.windows[0]);
    expect(windows(BEGAN_S)).toEqual([{ startS: BEGAN_S + 100, endS: BEGAN_S + 200 }]);
    expect(windows(BEGAN_S + 200)).toEqual([]);
    cluster.apply({
      type: "reservation.changed",
      atS: BEGAN_S,
      name: "course",
      change: { flags: ["HOURLY"] },
    });
    expect(windows(BEGAN_S + 200)).toEqual([{ startS: BEGAN_S + 3700, endS: BEGAN_S + 3800 }]);
    cluster.apply({
      type: "reservation.rolled",
      ...{ atS: BEGAN_S + 200, name: "course", startS: BEGAN_S + 3700, endS: BEGAN_S + 3800 },
    });
    expect(cluster.state.reservations.byName.get("course")?.spec.startS).toBe(BEGAN_S + 3700);
    end(cluster);
    expect(reservationTables(cluster.state, BEGAN_S)).toBeUndefined();
  });

  it("holds the jobs that wait for it when it goes, and no others, until they are released", () => {
    const cluster = withCourse();
    const [waits, runs, own, other] = [submit(cluster), submit(cluster), submit(cluster), cluster.submit()];
    cluster.start(runs);
    cluster.update(own, { held: "user" });
    end(cluster);
    const { columns } = cluster.state.pending;
    expect(cluster.job(waits)).toMatchObject({ held: "admin", reservationDeleted: true });
    expect(columns.flags[rowOf(cluster, waits)]).toBe(
      PENDING_FLAG.HELD_ADMIN | PENDING_FLAG.RESERVATION_DELETED,
    );
    expect(columns.reservation[rowOf(cluster, waits)]).toBe(0);
    expect(cluster.job(own)).not.toHaveProperty("reservationDeleted");
    expect(cluster.job(own).held).toBe("user");
    expect(cluster.job(other).held).toBe("");
    expect(cluster.job(runs)).not.toHaveProperty("reservation");
    cluster.update(waits, { held: "" });
    expect(cluster.job(waits)).not.toHaveProperty("reservationDeleted");
    expect(columns.flags[rowOf(cluster, waits)]).toBe(0);
  });

  it("lets them go on as jobs of none where its flags say so", () => {
    const cluster = withCourse({ flags: ["NO_HOLD_JOBS_AFTER_END"] });
    const id = submit(cluster);
    end(cluster);
    expect(cluster.job(id).held).toBe("");
    expect(cluster.job(id)).not.toHaveProperty("reservation");
  });

  it("is no more one of a job that had ended, and is requeued when another has the name", () => {
    const cluster = withCourse();
    const id = submit(cluster);
    cluster.run(id);
    end(cluster);
    cluster.apply({ type: "reservation.created", atS: cluster.nowS, reservation: spec() });
    cluster.requeue(id);
    expect(cluster.state.pending.columns.reservation[rowOf(cluster, id)]).toBe(0);
  });

  it("is in a snapshot, with what is to come of it", () => {
    const cluster = withCourse({ flags: ["DAILY"] });
    submit(cluster);
    const copy = decodeState(encodeState(cluster.state));
    expect(encodeState(copy)).toEqual(encodeState(cluster.state));
    expect(copy.reservations.byName).toEqual(cluster.state.reservations.byName);
    expect(copy.reservations.nextId).toBe(2);
  });

  it("that is not there, or is there already, is a damaged journal", () => {
    const cluster = withCourse();
    const events = [
      { type: "reservation.created", atS: BEGAN_S, reservation: spec() },
      { type: "reservation.deleted", atS: BEGAN_S, name: "none" },
      { type: "reservation.changed", atS: BEGAN_S, name: "none", change: {} },
      { type: "reservation.rolled", atS: BEGAN_S, name: "none", startS: 1, endS: 2 },
    ] as const;
    const before = encodeState(cluster.state);
    for (const event of events)
      expect(() => reduce(cluster.state, cluster.state.lastSeq + 1, event)).toThrow(/reservation/);
    expect(encodeState(cluster.state)).toEqual(before);
  });
});
