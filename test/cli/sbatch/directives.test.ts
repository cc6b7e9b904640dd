import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDirectives } from "../../../core/cli/sbatch/directives.ts";
import { bsubToSbatch, pbsToSbatch } from "../../../core/cli/sbatch/other-directives.ts";

const words = (...lines: string[]) => {
  const read = readDirectives("sbatch", ["#!/bin/bash", ...lines, ""].join("\n"), "job.sh");
  return read.ok ? read.value.sbatch : read.text;
};

describe("#SBATCH lines", () => {
  it.each([
    ["#SBATCH -J \"my job\" --comment='a b' # trailing", ["-J", "my job", "--comment=a b"]],
    ["#SBATCH --comment=a\\\\b", ["--comment=a\\b"]],
    ["#SBATCH --comment=a\\b", ["--comment=ab"]],
    ["#SBATCH --comment=a\\ b", ["--comment=a", "b"]],
    ['#SBATCH --comment="a\\"b"', ['--comment=a"b']],
    ["#SBATCH --comment='a\"b'", ['--comment=a"b']],
    ['#SBATCH --comment="a # b" # c', ["--comment=a # b"]],
    ["#SBATCH --comment=a#b", ["--comment=a"]],
    ['#SBATCH --comment="q"uo"te"', ["--comment=quote"]],
    ['#SBATCH --comment="$HOME `x`"', ["--comment=$HOME `x`"]],
    ["#SBATCH\t--comment\ttab", ["--comment", "tab"]],
    ["#SBATCH -J x \\", ["-J", "x"]],
    ["#SBATCH -d afterok:1:2", ["-d", "afterok:1:2"]],
    ["#SBATCH=-Jx", ["=-Jx"]],
    ["#SBATCH", []],
    ["#SBATCH # nothing", []],
    ["# SBATCH -J x", []],
    ["#sbatch -J x", []],
    [" #SBATCH -J x", []],
    ["##SBATCH -J x", []],
  ])("reads %j", (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  it("end at the first line that is neither blank nor a comment", () => {
    expect(
      words("#SBATCH -n1", "", "  ", "# a comment", "#SBATCH -N1", "echo hi", "#SBATCH -J late"),
    ).toEqual(["-n1", "-N1"]);
  });

  it("reads long lines whole", () => {
    expect(words(`#SBATCH --comment=${"x".repeat(100_000)} -J y`)).toHaveLength(3);
  });

  it.each([
    ['#SBATCH -J "unterminated', 'sbatch: fatal: job.sh: line 2: Unmatched `"` in [ "unterminated]\n'],
    ["#SBATCH --comment='a\\'", "sbatch: fatal: job.sh: line 2: Unmatched `'` in [--comment='a\\']\n"],
    ["#SBATCH: -J x", "sbatch: fatal: job.sh: line 2: Unexpected `:` in [: -J x]\n"],
  ])("refuses %j", (line, text) => {
    expect(words(line)).toBe(text);
  });

  it("reads any script without failing", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        expect(() => words(...lines.map((line) => `#SBATCH ${line}`))).not.toThrow();
      }),
    );
  });
});

describe("lines of other systems", () => {
  it("turns #PBS options into sbatch's", () => {
    const pbs = ["-N", "name", "-l", "nodes=2:ppn=2,walltime=00:10:00,mem=100mb", "-q", "long", "-j", "oe"];
    expect(pbsToSbatch([...pbs, "-o", "host:out", "-V", "-me", "-A", "acct", "-Z", "x"])).toEqual([
      ...["--job-name=name", "--nodes=2", "--ntasks=4", "--time=00:10:00", "--mem=100mb", "--partition=long"],
      ...["--output=out", "--mail-type=END", "--account=acct"],
    ]);
  });

  it("turns #BSUB options into sbatch's", () => {
    expect(bsubToSbatch(["-J", "b", "-n", "4", "-W", "1:30", "-R", "span[hosts=1]"])).toEqual([
      "--job-name=b",
      "--ntasks=4",
      "--time=1:30:00",
    ]);
  });
});
