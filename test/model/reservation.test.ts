/** Flags of reservations in Slurm's words, who may use one, and when it keeps its nodes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isRecurring,
  mayUse,
  printFlags,
  RESERVATION_FLAGS,
  type ReservationFlag,
  type ReservationSpec,
  readFlags,
} from "../../core/model/reservation.ts";
import { MAX_WINDOWS, overlapInTime, windowsFrom } from "../../core/model/reservation-windows.ts";

const DAY_S = 86_400;
/** Wednesday 2026-11-25, noon of the local zone. */
const WEDNESDAY_S = new Date(2026, 10, 25, 12).getTime() / 1000;

const spec = (change: Partial<ReservationSpec> = {}): ReservationSpec => ({
  name: "r",
  startS: WEDNESDAY_S,
  endS: WEDNESDAY_S + 3600,
  nodes: [],
  features: "",
  partition: "",
  users: [],
  accounts: [],
  groups: [],
  flags: [],
  purgeS: 0,
  ...change,
});
const flagged = (...flags: ReservationFlag[]): ReservationSpec => spec({ flags });

describe("flags", () => {
  it("are read in any case and cut short, as the real one takes them", () => {
    const read = (text: string) => {
      const flags = readFlags(text);
      return flags.ok ? printFlags(flags.flags, flags.purgeS) : flags.word;
    };
    expect(read("maint,IGNORE_JOBS")).toBe("MAINT,IGNORE_JOBS");
    expect(read("purge_comp")).toBe("PURGE_COMP=00:05:00");
    expect(read("purge_comp=7")).toBe("PURGE_COMP=00:07:00");
    expect(read("weekday")).toBe("WEEKDAY");
    expect(read("weekend,overlap")).toBe("OVERLAP,WEEKEND");
    expect(read("no_hold_jobs_after")).toBe("NO_HOLD_JOBS_AFTER_END");
    expect(read("NO_HOLD_JOBS,daily")).toBe("DAILY,NO_HOLD_JOBS_AFTER_END");
  });

  it("that are not had are told apart from those that nobody knows", () => {
    expect(readFlags("maint,any_nodes")).toEqual({ ok: false, word: "any_nodes", isKnown: true });
    expect(readFlags("FOO")).toEqual({ ok: false, word: "FOO", isKnown: false });
    // How nodes were asked follows from the nodes.
    expect(readFlags("spec_nodes")).toMatchObject({ ok: false, isKnown: false });
    expect(readFlags("maint=3")).toMatchObject({ ok: false });
  });
});

describe("who may use it", () => {
  const ada = { user: "ada", account: "lab", group: "users" };

  it("is everyone whom both lists let in", () => {
    expect(mayUse(spec({ users: ["ada"] }), ada)).toBe(true);
    expect(mayUse(spec({ users: ["bob"] }), ada)).toBe(false);
    expect(mayUse(spec({ users: ["ada"], accounts: ["other"] }), ada)).toBe(false);
    expect(mayUse(spec({ groups: ["users"], accounts: ["lab", "other"] }), ada)).toBe(true);
  });

  it("is everyone else where a list says who may not", () => {
    expect(mayUse(spec({ users: ["-bob"] }), ada)).toBe(true);
    expect(mayUse(spec({ users: ["-ada", "-bob"] }), ada)).toBe(false);
    expect(mayUse(spec({ accounts: ["-lab"] }), ada)).toBe(false);
  });
});

describe("windows", () => {
  const days = (flag: ReservationFlag, count: number): number[] =>
    windowsFrom(flagged(flag), WEDNESDAY_S)
      .slice(0, count)
      .map(({ startS }) => new Date(startS * 1000).getDay());

  it("of one that does not recur are one, until it is over", () => {
    expect(windowsFrom(spec(), 0)).toEqual([{ startS: WEDNESDAY_S, endS: WEDNESDAY_S + 3600 }]);
    expect(windowsFrom(spec(), WEDNESDAY_S + 3599)).toHaveLength(1);
    expect(windowsFrom(spec(), WEDNESDAY_S + 3600)).toEqual([]);
  });

  it("come again on the days that the flag says", () => {
    expect(days("WEEKDAY", 5)).toEqual([3, 4, 5, 1, 2]);
    expect(days("WEEKEND", 4)).toEqual([3, 6, 0, 6]);
    expect(days("DAILY", 8)).toEqual([3, 4, 5, 6, 0, 1, 2, 3]);
    expect(days("WEEKLY", 2)).toEqual([3, 3]);
    const hourly = windowsFrom({ ...flagged("HOURLY"), endS: WEDNESDAY_S + 60 }, WEDNESDAY_S + 3 * 3600 + 60);
    expect(hourly[0]!.startS).toBe(WEDNESDAY_S + 4 * 3600);
  });

  it("are not over, ascend and keep their length, whenever they are asked for", () => {
    const some = fc.record({
      flag: fc.constantFrom(...RESERVATION_FLAGS),
      lengthS: fc.integer({ min: 1, max: 3600 }),
      laterS: fc.integer({ min: -10 * DAY_S, max: 1000 * DAY_S }),
    });
    fc.assert(
      fc.property(some, ({ flag, lengthS, laterS }) => {
        const one = { ...flagged(flag), endS: WEDNESDAY_S + lengthS };
        const nowS = WEDNESDAY_S + laterS;
        const windows = windowsFrom(one, nowS);
        expect(windows.length).toBe(isRecurring(one) ? MAX_WINDOWS : nowS < one.endS ? 1 : 0);
        windows.forEach(({ startS, endS }, i) => {
          expect(endS - startS).toBe(lengthS);
          expect(endS).toBeGreaterThan(nowS);
          if (i > 0) expect(startS).toBeGreaterThan(windows[i - 1]!.startS);
        });
      }),
    );
  });

  it("of two that share a time overlap, also a later time", () => {
    const tomorrow = spec({ startS: WEDNESDAY_S + DAY_S, endS: WEDNESDAY_S + DAY_S + 60 });
    expect(overlapInTime(flagged("DAILY"), tomorrow, WEDNESDAY_S)).toBe(true);
    expect(overlapInTime(spec(), tomorrow, WEDNESDAY_S)).toBe(false);
    const behind = spec({ startS: WEDNESDAY_S + 3600, endS: WEDNESDAY_S + 7200 });
    expect(overlapInTime(spec(), behind, WEDNESDAY_S)).toBe(false);
  });
});
