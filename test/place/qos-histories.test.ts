/** That no limit of a QOS is exceeded at any second of random histories, in every mode, by an account of its own. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QosSpec } from "../../core/model/partition.ts";
import type { Promises } from "../../core/place/queue.ts";
import { NOW_S } from "../admit/cluster.ts";
import { end, HALF_LIFE_S, MODES, pass, site, submit } from "./qos-site.ts";

describe("over random histories", () => {
  const most = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
  const ofQos = fc.record({
    grpCpus: most(10),
    grpCpuMins: most(120),
    grpRunMins: most(120),
    grpWallS: most(3600),
    userCpus: most(8),
    userJobs: most(3),
    jobMins: most(60),
    factor: fc.constantFrom(0.5, 1, 2),
    isSafe: fc.boolean(),
    lasts: fc.boolean(),
    keeps: fc.boolean(),
  });
  const job = fc.record({
    qos: fc.constantFrom("q", "r"),
    user: fc.constantFrom("ada", "bob"),
    cpus: fc.integer({ min: 1, max: 4 }),
    nodes: fc.integer({ min: 1, max: 2 }),
    whole: fc.boolean(),
    limitS: fc.integer({ min: 30, max: 1200 }),
    runPart: fc.constantFrom(0.3, 0.7, 1),
    afterS: fc.constantFrom(0, 0, 45, 300),
  });
  type Plan = typeof ofQos extends fc.Arbitrary<infer T> ? T : never;

  const defined = (name: string, amount: number | undefined) =>
    amount === undefined ? {} : { [name]: { cpu: amount } };
  const specOf = (name: string, plan: Plan): QosSpec => ({
    name,
    priority: 0,
    usageFactor: plan.factor,
    flags: [
      ...(plan.isSafe ? (["UsageFactorSafe"] as const) : []),
      ...(plan.lasts ? (["NoDecay"] as const) : []),
      ...(plan.keeps ? [] : (["NoReserve"] as const)),
    ],
    limits: {
      ...defined("grpTres", plan.grpCpus),
      ...defined("grpTresMins", plan.grpCpuMins),
      ...defined("grpTresRunMins", plan.grpRunMins),
      ...defined("maxTresPerUser", plan.userCpus),
      ...defined("maxTresMinsPerJob", plan.jobMins),
      ...(plan.grpWallS === undefined ? {} : { grpWallS: plan.grpWallS }),
      ...(plan.userJobs === undefined ? {} : { maxJobs: plan.userJobs }),
    },
  });

  interface Run {
    readonly startS: number;
    readonly endS: number;
    readonly limitEndS: number;
    readonly cpus: number;
    readonly user: string;
  }

  /** What a rate of 1 from `fromS` to `toS` counts at `atS`, by the integral. */
  const used = (fromS: number, toS: number, atS: number, halfLifeS: number): number => {
    const until = Math.min(toS, atS);
    if (until <= fromS) return 0;
    if (halfLifeS === 0) return until - fromS;
    const at = (s: number) => 2 ** ((s - atS) / halfLifeS);
    return (halfLifeS / Math.LN2) * (at(until) - at(fromS));
  };

  function check(runs: readonly Run[], plan: Plan, atS: number): void {
    const running = runs.filter(({ startS, endS }) => startS <= atS && atS < endS);
    const sum = (of: readonly Run[], value: (run: Run) => number) =>
      of.reduce((all, run) => all + value(run), 0);
    const within = (what: string, amount: number, limit: number | undefined) =>
      expect(amount, what).toBeLessThanOrEqual((limit ?? Number.POSITIVE_INFINITY) + 1e-3);
    const safe = plan.isSafe ? plan.factor : 1;
    const halfLifeS = plan.lasts ? 0 : HALF_LIFE_S;
    within(
      "CPUs",
      sum(running, ({ cpus }) => cpus),
      plan.grpCpus,
    );
    for (const user of ["ada", "bob"]) {
      const own = running.filter((run) => run.user === user);
      within(
        `CPUs of ${user}`,
        sum(own, ({ cpus }) => cpus),
        plan.userCpus,
      );
      within(`jobs of ${user}`, own.length, plan.userJobs);
    }
    const left = ({ limitEndS, cpus }: Run) => (cpus * Math.max(0, limitEndS - atS)) / 60;
    within("minutes left", plan.factor * sum(running, left), plan.grpRunMins);
    for (const { limitEndS, startS, cpus } of running)
      within("minutes of a job", (safe * cpus * (limitEndS - startS)) / 60, plan.jobMins);
    // Without UsageFactorSafe a job is let in by its minutes alone, and may use more of a dear QOS.
    if (safe < plan.factor) return;
    const usedBy = (run: Run) => plan.factor * used(run.startS, run.endS, atS, halfLifeS);
    within(
      "minutes used",
      sum(runs, (run) => (run.cpus * usedBy(run)) / 60),
      plan.grpCpuMins,
    );
    within("wall time used", sum(runs, usedBy), plan.grpWallS);
  }

  test.each(MODES)("no limit of a QOS is exceeded at any second: %s", (mode) => {
    fc.assert(
      fc.property(ofQos, ofQos, fc.array(job, { minLength: 1, maxLength: 14 }), (first, second, queue) => {
        const state = site({ qos: [specOf("q", first), specOf("r", second)], cpus: [2, 4, 4] });
        const runs = new Map<string, Run[]>([
          ["q", []],
          ["r", []],
        ]);
        const ends: { readonly id: number; readonly atS: number }[] = [];
        let promises: Promises | undefined;
        const due = queue.map((one, i) => {
          const afterS = queue.slice(0, i + 1).reduce((sum, each) => sum + each.afterS, 0);
          return { one, atS: NOW_S + afterS };
        });
        const partOf = new Map<number, number>();
        let nowS = NOW_S;
        for (let step = 0; step < 60; step++) {
          for (const { id, atS } of ends.splice(0).toSorted((a, b) => a.atS - b.atS)) {
            if (atS <= nowS) end(state, id, Math.max(atS, state.lastAtS));
            else ends.push({ id, atS });
          }
          for (const { one } of due.splice(0, due.filter(({ atS }) => atS <= nowS).length))
            partOf.set(submit(state, one), one.runPart);
          const made = pass(state, nowS, mode, promises);
          promises = mode === "easy" || mode === "none" ? undefined : made.kept;
          expect(made.conflicts).toBe(0);
          for (const id of made.started) {
            const { qos, spec, timeLimitS, allocation } = state.jobs.get(id as never)!;
            const atS = nowS + Math.max(1, Math.floor(timeLimitS * partOf.get(id)!));
            const cpus = allocation!.nodes.reduce((all, share) => all + share.cpus, 0);
            ends.push({ id, atS });
            runs
              .get(qos)!
              .push({ startS: nowS, endS: atS, limitEndS: nowS + timeLimitS, cpus, user: spec.user });
          }
          const next = Math.min(...ends.map(({ atS }) => atS), ...due.map(({ atS }) => atS), nowS + 120);
          for (const atS of [nowS, (nowS + next) / 2, next - 1]) {
            check(runs.get("q")!, first, atS);
            check(runs.get("r")!, second, atS);
          }
          nowS = Math.max(nowS + 1, next);
        }
      }),
      { numRuns: 25 },
    );
  });
});
