import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OptionSpec, scanOptions } from "../../core/cli/getopt.ts";
import { SBATCH_OPTIONS } from "../../core/cli/sbatch/options.ts";
import { SCANCEL_OPTIONS } from "../../core/cli/scancel/options.ts";
import { SCONTROL_OPTIONS } from "../../core/cli/scontrol/options.ts";
import { SINFO_OPTIONS } from "../../core/cli/sinfo/options.ts";
import { SQUEUE_OPTIONS } from "../../core/cli/squeue/options.ts";

const sbatch = (...words: string[]) => {
  const scan = scanOptions("sbatch", words, SBATCH_OPTIONS, true);
  if (!scan.ok) return scan.text;
  return [scan.options.map(({ spec, value }) => [spec.key, value]), scan.rest];
};

const TRY = 'Try "sbatch --help" for more information\n';

describe("getopt", () => {
  it.each([
    [["-N4"], [["nodes", "4"]]],
    [["-N", "4"], [["nodes", "4"]]],
    [["--nodes=4"], [["nodes", "4"]]],
    [["--nodes", "4"], [["nodes", "4"]]],
    [["--node=4"], "ambiguous"],
    [["--part", "debug"], [["partition", "debug"]]],
    [
      ["-HJz"],
      [
        ["hold", undefined],
        ["job-name", "z"],
      ],
    ],
    [["--nice"], [["nice", undefined]]],
    [["--nice=5"], [["nice", "5"]]],
    [["--nice", "5"], [["nice", undefined]]],
    [["-n", "-1"], [["ntasks", "-1"]]],
  ])("reads %j", (words, options) => {
    const read = sbatch(...words);
    if (options === "ambiguous") expect(read).toContain("is ambiguous");
    else expect((read as unknown[])[0]).toEqual(options);
  });

  it("leaves the script's own options to it, with and without --", () => {
    expect(sbatch("-H", "job.sh", "-N7", "a b")).toEqual([[["hold", undefined]], ["job.sh", "-N7", "a b"]]);
    expect(sbatch("-J", "x", "--", "job.sh", "-J", "y")).toEqual([
      [["job-name", "x"]],
      ["job.sh", "-J", "y"],
    ]);
  });

  it("finds options behind other words where the command allows it", () => {
    const scan = scanOptions("scontrol", ["show", "node", "-o", "n1"], SCONTROL_OPTIONS, false);
    expect(scan).toMatchObject({ ok: true, rest: ["show", "node", "n1"] });
  });

  it.each([
    [["--bogus"], "sbatch: unrecognized option '--bogus'\n"],
    [["--array-inx=x"], "sbatch: unrecognized option '--array-inx=x'\n"],
    [["-Z"], "sbatch: invalid option -- 'Z'\n"],
    [["-N"], "sbatch: option requires an argument -- 'N'\n"],
    [["--comment"], "sbatch: option '--comment' requires an argument\n"],
    [["--parsable=3"], "sbatch: option '--parsable' doesn't allow an argument\n"],
    [["--par"], "sbatch: option '--par' is ambiguous; possibilities: '--parsable' '--partition'\n"],
    [
      ["--no"],
      "sbatch: option '--no' is ambiguous; possibilities: '--no-kill' '--no-requeue' '--nodefile' '--nodelist' '--nodes'\n",
    ],
  ])("says of %j what getopt says", (words, message) => {
    expect(sbatch(...words)).toBe(message + TRY);
  });

  it("takes the word behind -j and -s of squeue unless it is an option", () => {
    const keys = (...words: string[]) => {
      const scan = scanOptions("squeue", words, SQUEUE_OPTIONS, false);
      return scan.ok ? scan.options.map(({ spec, value }) => [spec.key, value]) : scan.text;
    };
    expect(keys("-s", "-j", "161")).toEqual([
      ["steps", undefined],
      ["jobs", "161"],
    ]);
    expect(keys("--job=3")).toEqual([["jobs", "3"]]);
  });

  it("has each letter and each long name once in every command", () => {
    const tables: readonly (readonly OptionSpec[])[] = [
      SBATCH_OPTIONS,
      SQUEUE_OPTIONS,
      SINFO_OPTIONS,
      SCANCEL_OPTIONS,
      SCONTROL_OPTIONS,
    ];
    for (const table of tables) {
      for (const part of ["long", "short"] as const) {
        const names = table.map((spec) => spec[part]).filter((name) => name !== undefined);
        expect(new Set(names).size).toBe(names.length);
      }
    }
  });

  it("reads any words without failing, and loses none that is no option", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 8 })), (words) => {
        const scan = scanOptions("sbatch", ["--", ...words], SBATCH_OPTIONS, true);
        expect(scan).toEqual({ ok: true, options: [], rest: words });
        expect(() => scanOptions("squeue", words, SQUEUE_OPTIONS, false)).not.toThrow();
      }),
    );
  });
});
