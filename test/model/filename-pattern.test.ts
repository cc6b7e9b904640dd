import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandPattern, type FilenameContext } from "../../core/model/filename-pattern.ts";
import { anyText, runs } from "./texts.ts";

const JOB: FilenameContext = {
  jobId: 128,
  jobName: "train",
  user: "alice",
  node: "n1",
  nodeIndex: 0,
  restarts: 2,
};
const TASK: FilenameContext = { ...JOB, jobId: 130, arrayJobId: 128, arrayTaskId: 13 };
const STEP: FilenameContext = { ...JOB, stepId: 0, taskId: 3, nodeIndex: 1, node: "n2" };
const ALPHABET = ["%", "A", "j", "4", "99999999999", "x", "\\", "/", "z", " "];

describe("a file name pattern", () => {
  it.each([
    ["slurm-%j.out", JOB, "slurm-128.out"],
    ["slurm-%A_%a.out", TASK, "slurm-128_13.out"],
    ["%j", TASK, "130"],
    ["%b", TASK, "3"],
    ["%J", JOB, "128"],
    ["%J", STEP, "128.0"],
    ["%s/%t/%n/%N", STEP, "0/3/1/n2"],
    ["%s/%t/%n/%N", JOB, "batch/0/0/n1"],
    ["%u-%x-%r", JOB, "alice-train-2"],
    ["100%%", JOB, "100%"],
    ["plain", JOB, "plain"],
    ["", JOB, ""],
  ])("%s becomes the name of the file", (pattern, context, name) => {
    expect(expandPattern(pattern, context)).toBe(name);
  });

  it("pads numbers with zeros, to ten digits at most, and nothing else", () => {
    expect(expandPattern("%4j", { ...JOB, jobId: 7 })).toBe("0007");
    expect(expandPattern("%2j", JOB)).toBe("128");
    expect(expandPattern("%99j", JOB)).toBe("0000000128");
    expect(expandPattern("%5J", STEP)).toBe("00128.0");
    expect(expandPattern("%9u", JOB)).toBe("alice");
  });

  it("of a job that has no task shows Slurm's number for none", () => {
    expect(expandPattern("arr_%A_%a.out", JOB)).toBe("arr_128_4294967294.out");
    expect(expandPattern("%b", JOB)).toBe("4");
  });

  it("with a backslash is taken as it stands, without the backslashes", () => {
    expect(expandPattern("\\\\%j.out", JOB)).toBe("%j.out");
    expect(expandPattern("logs/\\%j-%x", JOB)).toBe("logs/%j-%x");
  });

  it("keeps what it does not know", () => {
    expect(expandPattern("%q %4q %", JOB)).toBe("%q %4q %");
    expect(expandPattern("50%3", JOB)).toBe("50%3");
  });

  it("does not expand what a replacement brought in", () => {
    expect(expandPattern("%x", { ...JOB, jobName: "%j%x" })).toBe("%j%x");
  });

  it("gives a bounded name whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => {
        expect(expandPattern(text, JOB).length).toBeLessThanOrEqual(Math.max(text.length, 4096 * 10));
      }),
      runs(400),
    );
  });
});
