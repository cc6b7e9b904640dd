/** sprio, compared with captures of the real one on a cluster with the weights of WEIGHTS. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixed } from "../../../core/cli/sprio/fixed.ts";
import { readSprioOptions } from "../../../core/cli/sprio/options.ts";
import { priorityText, sprio } from "../../../core/cli/sprio/sprio.ts";
import type { FactorNumbers } from "../../../core/model/account-views.ts";
import { accountAnswers, PRIORITIES, WEIGHTS, waiting } from "../account-views.ts";
import { envOf, run, useController } from "../controller.ts";

const place = useController();
const asked = (args: readonly string[], env: Record<string, string> = {}, policy?: string) => {
  place.answer = accountAnswers(policy);
  return run(sprio, "sprio", args, { env: { ...envOf(place.controller), ...env } });
};
const out = async (...args: string[]): Promise<string> => (await asked(args)).out;

const HEAD =
  "          JOBID PARTITION   PRIORITY       SITE        AGE  FAIRSHARE    JOBSIZE  PARTITION        QOS                 TRES\n";

describe("sprio", () => {
  it("shows the factors that have a weight, one line for each partition of a job", async () => {
    expect(await out()).toBe(`${HEAD}\
              1 debug            731          0          0          0        156        500          0        cpu=62,mem=12
              2 long             832          0          0          0        312        250          0       cpu=250,mem=50
              3 debug            731          0          0          0        156        500          0        cpu=62,mem=12
              3 long             556          0          0          0        156        250          0       cpu=125,mem=25
`);
  });

  it("shows all of them with --long", async () => {
    expect(await out("-l", "-j", "1,2")).toBe(`\
          JOBID PARTITION     USER   PRIORITY       SITE        AGE      ASSOC  FAIRSHARE    JOBSIZE  PARTITION        QOS        NICE                 TRES
              1 debug         root        731          0          0          0          0        156        500          0           0        cpu=62,mem=12
              2 long          root        832          0          0          0          0        312        250          0          30       cpu=250,mem=50
`);
  });

  it("shows factors from 0 to 1 with --norm", async () => {
    expect(await out("-n", "-j2")).toBe(`\
          JOBID PARTITION PRIORITY   AGE        FAIRSHARE  JOBSIZE    PARTITION  QOS        TRES                
              2 long      0.00000019 0.0000000  0.0000000  0.3125000  0.5000000  0.0000000  cpu=0.25,mem=0.03   
`);
    expect(await out("-nl", "-j1")).toBe(`\
          JOBID PARTITION     USER PRIORITY   AGE        ASSOC      FAIRSHARE  JOBSIZE    PARTITION  QOS        TRES                
              1 debug         root 0.00000017 0.0000000  0.0000000  0.0000000  0.1562500  1.0000000  0.0000000  cpu=0.06,mem=0.01   
`);
  });

  it("shows the weights with --weights, whatever jobs are asked for", async () => {
    expect(await out("-w", "-j", "99")).toBe(`${HEAD}\
        Weights                               1       1000      10000       1000        500       2000    cpu=1000,mem=2000
`);
    expect(await out("-wn")).toBe(`\
          JOBID PARTITION PRIORITY   AGE        FAIRSHARE  JOBSIZE    PARTITION  QOS        TRES                
        Weights                      1000       10000      1000       500        2000                           
`);
  });

  it("leaves out columns of factors without a weight", () => {
    const request = readSprioOptions("sprio", [], {});
    if (!request.ok) throw new Error(request.text);
    const weights: FactorNumbers = { ...WEIGHTS, qos: 0, tresCpu: 0, tresMem: 0 };
    const found = { policy: "multifactor", hasFactors: true, weights, priorities: [] };
    expect(priorityText(found, request.value, "sprio").out).toBe(
      "          JOBID PARTITION   PRIORITY       SITE        AGE  FAIRSHARE    JOBSIZE  PARTITION\n",
    );
  });

  it("shows whose jobs they are when users are asked for", async () => {
    expect(await out("-u", "ada", "-p", "long")).toBe(`\
          JOBID PARTITION     USER   PRIORITY       SITE        AGE  FAIRSHARE    JOBSIZE  PARTITION        QOS                 TRES
              3 long           ada        556          0          0          0        156        250          0       cpu=125,mem=25
`);
  });

  it("sorts by any fields", async () => {
    const ids = async (sort: string) => out("-h", "-o", "%i %r", "-S", sort);
    expect(await ids("-Y")).toBe("2 long\n1 debug\n3 debug\n3 long\n");
    expect(await ids("p,-Y")).toBe("2 long\n3 long\n1 debug\n3 debug\n");
    expect(await asked(["-S", "bogus"])).toEqual({
      out: HEAD,
      err: "sprio: error: Invalid sort specification: s\n",
      status: 1,
    });
  });

  it("prints a format, from the option or the environment, and leaves unknown fields out", async () => {
    expect(await asked(["-o", "%i %r %u %o %c %Z", "-j", "1,2"])).toEqual({
      out: "JOBID PARTITION USER CLUSTER \n1 debug root (null) \n2 long root (null) \n",
      err: "sprio: error: Invalid job format specification: o\nsprio: error: Invalid job format specification: Z\n",
      status: 0,
    });
    expect(await out("-j2", "-h", "-o", "%.10i|%10B|%N|%S|%Q|%q")).toBe(
      "         2|0         |30|0|0|0.0000000\n",
    );
    expect((await asked(["-j2"], { SPRIO_FORMAT: "%i %y %t %.12T" })).out).toBe(
      "JOBID PRIORITY TRES         TRES\n2 0.00000019383151 cpu=0.25,mem=0.03 cpu=250,mem=\n",
    );
    expect((await asked(["-j2", "-l"], { SPRIO_FORMAT: "%i" })).out).toContain("FAIRSHARE");
  });

  it("says so when there is none of the jobs that were asked for", async () => {
    const none = { out: "Unable to find jobs matching user/id(s) specified\n", err: "", status: 0 };
    expect(await asked(["-j", "99"])).toEqual(none);
    expect(await asked(["-j", ""])).toEqual(none);
    expect(await out("-p", "nope")).toBe(HEAD);
    expect(await asked(["-j", "3_1"])).toEqual({
      out: "",
      err: "sprio: error: Invalid job id: 3_1\n",
      status: 1,
    });
  });

  it("refuses what it does not have, and words that mean nothing", async () => {
    expect(await asked(["-M", "x"])).toEqual({
      out: "",
      err: "sprio: error: --clusters is not supported by this version of Rota\n",
      status: 1,
    });
    expect((await asked(["extra"])).err).toMatch(/^sprio: error: Unrecognized option: extra\nUsage: sprio /);
    expect((await asked(["-V"])).out).toBe("slurm-wlm 22.05.8\n");
  });

  it("says that the queue is ranked otherwise where it is", async () => {
    expect(await asked([], {}, "fifo")).toEqual({
      out: "",
      err: "You are not running a supported priority plugin\n(priority/basic).\nOnly 'priority/multifactor' is supported.\n",
      status: 1,
    });
  });

  it("shows a priority that an operator has set as it is", () => {
    const request = readSprioOptions("sprio", ["-h", "-o", "%Y %y"], {});
    if (!request.ok) throw new Error(request.text);
    const set = waiting(9, "debug", { partition: 1 }, { priority: 429_496_729, isSet: true });
    const found = { policy: "multifactor", hasFactors: true, weights: WEIGHTS, priorities: [set] };
    expect(priorityText(found, request.value, "sprio").out).toBe("429496729 0.09999999988358\n");
  });

  it("knows the sum of the factors that it shows", () => {
    for (const { priority, weighted, nice } of PRIORITIES)
      expect(Math.floor(Object.values(weighted).reduce((a, b) => a + b, -nice))).toBe(priority);
  });
});

describe("a decimal", () => {
  it("exactly between two goes to the even one", () => {
    expect([62.5, 12.5, 0.5, 1.5, 312.5].map((value) => fixed(value, 0))).toEqual([
      "62",
      "12",
      "0",
      "2",
      "312",
    ]);
    expect([0.125, 0.375, 0.625, 0.025].map((value) => fixed(value, 2))).toEqual([
      "0.12",
      "0.38",
      "0.62",
      "0.03",
    ]);
  });

  it("is the nearest one everywhere else", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.integer({ min: 0, max: 7 }),
        (value, digits) => {
          expect(Math.abs(Number(fixed(value, digits)) - value)).toBeLessThanOrEqual(
            0.5000001 * 10 ** -digits,
          );
        },
      ),
    );
  });
});
