/** Submissions that name a reservation: who may, on what, and in which partition they are then. */
import { describe, expect, it } from "vitest";
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { ReservationSpec } from "../../core/model/reservation.ts";
import { reduce } from "../../core/state/reduce.ts";
import { fourNodes, NOW_S, spec } from "./cluster.ts";

const reservation = (change: Partial<ReservationSpec>): ReservationSpec => ({
  name: "course",
  startS: NOW_S,
  endS: NOW_S + 3600,
  nodes: [nodeIndex(0), nodeIndex(1)],
  features: "",
  partition: "",
  users: [spec().user],
  accounts: [],
  groups: [],
  flags: [],
  purgeS: 0,
  ...change,
});

function answer(over: Partial<JobSpec>, change: Partial<ReservationSpec> = {}): unknown {
  const state = fourNodes();
  const cluster = admitClusterOf(state, () => 0);
  // A view that was made before the reservation knows of it all the same.
  reduce(state, state.lastSeq + 1, {
    type: "reservation.created",
    atS: NOW_S,
    reservation: reservation(change),
  });
  const result = admit(spec({ reservation: "course", ...over }), cluster, NOW_S, { operator: false });
  return result.ok ? result.value.job : result.refusal.code;
}

describe("a submission to a reservation", () => {
  it("that floats, and so never begins, is refused", () => {
    expect(answer({}, { flags: ["TIME_FLOAT"], floatS: 60 })).toBe("RESERVATION_INVALID");
  });

  it("keeps its name, and takes its partition where it names none itself", () => {
    expect(answer({})).toMatchObject({ reservation: "course", partitions: ["debug"] });
    expect(answer({}, { partition: "long" })).toMatchObject({ partitions: ["long"] });
    expect(answer({ partition: "debug" }, { partition: "long" })).toMatchObject({ partitions: ["debug"] });
    expect(answer({ reservation: "" })).not.toHaveProperty("reservation");
  });

  it("is refused where there is none of the name, or several are named", () => {
    expect(answer({ reservation: "none" })).toBe("RESERVATION_INVALID");
    expect(answer({ reservation: "course,none" })).toBe("NOT_SUPPORTED");
  });

  it("is refused to those whom it is not for", () => {
    expect(answer({}, { users: ["somebody"] })).toBe("RESERVATION_ACCESS");
    expect(answer({}, { users: [`-${spec().user}`] })).toBe("RESERVATION_ACCESS");
    expect(answer({}, { accounts: ["lab"] })).toBe("RESERVATION_ACCESS");
    expect(answer({ account: "lab" }, { accounts: ["lab"] })).toMatchObject({ account: "lab" });
    expect(answer({}, { users: [], groups: [spec().group] })).toMatchObject({ reservation: "course" });
  });

  it("is refused where its nodes could never hold it", () => {
    expect(answer({ minNodes: 2 })).toMatchObject({ reservation: "course" });
    expect(answer({ minNodes: 3 })).toBe("NODE_CONFIG_UNAVAILABLE");
    expect(answer({ nodelist: "n2" })).toMatchObject({ reservation: "course" });
    expect(answer({ nodelist: "n3" })).toBe("NODE_CONFIG_UNAVAILABLE");
  });
});
