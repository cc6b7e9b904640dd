import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sbatch } from "../../../core/cli/sbatch/sbatch.ts";
import type { JobSpec } from "../../../core/model/job-spec.ts";
import { envOf, type Ran, run, useController } from "../controller.ts";
import { at } from "../views.ts";

const place = useController();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-sbatch-het-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const script = (name: string, ...lines: string[]): void =>
  writeFileSync(join(folder, name), ["#!/bin/bash", ...lines, ""].join("\n"));
const ask = (...args: readonly string[]): Promise<Ran> =>
  run(sbatch, "sbatch", args, { cwd: folder, env: envOf(place.controller) });
const specOf = async (...args: readonly string[]): Promise<JobSpec> => {
  const before = place.controller.asked.length;
  expect((await ask(...args)).err).toBe("");
  return place.controller.asked[before]?.body as JobSpec;
};

describe("a heterogeneous job of sbatch", () => {
  it("is one submission of what stands between colons on the command line", async () => {
    const spec = await specOf(
      "-n1",
      "-t5",
      ":",
      "-N2",
      "--gres=gpu:1",
      ":",
      "-n3",
      "-c2",
      "--wrap",
      "hostname",
    );
    expect(spec).toMatchObject({ ntasks: 1, timeLimitS: 300, name: "wrap" });
    expect(spec.script).toContain("hostname");
    expect(spec.het).toEqual([
      { name: "wrap", timeLimitS: 300, minNodes: 2, maxNodes: 2, gres: "gpu:1" },
      { name: "wrap", timeLimitS: 300, ntasks: 3, cpusPerTask: 2 },
    ]);
  });

  it("is written in a script with lines that part the components, which the command line goes before", async () => {
    script("two.sh", "#SBATCH -n 1 -J a", "#SBATCH hetjob", "#SBATCH -n 2 -p long", "#SBATCH -J b", "true");
    const plain = await specOf("two.sh", "arg");
    expect(plain).toMatchObject({ ntasks: 1, name: "a", args: ["arg"] });
    expect(plain.het).toEqual([{ name: "b", partition: "long", ntasks: 2 }]);
    const over = await specOf("-n4", ":", "-n5", ":", "-n6", "two.sh");
    expect([over.ntasks, over.het?.map(({ ntasks }) => ntasks)]).toEqual([4, [5, 6]]);
    script("old.sh", "#SBATCH -n 1", "#SBATCH packjob", "#SBATCH -n 2");
    expect((await specOf("old.sh")).het).toHaveLength(1);
  });

  it("has account, comment, time and memory of the component before where one does not say, and nodes of its own", async () => {
    const first = [
      "-N2",
      "-c3",
      "-p",
      "long",
      "-A",
      "acc",
      "--comment=hi",
      "--mem=50",
      "-x",
      "n4",
      "--exclusive",
    ];
    const spec = await specOf(...first, ":", "-n1", ":", "--mem-per-cpu=30", "--wrap", "true");
    const same = { name: "wrap", account: "acc", comment: "hi", exclude: "n4" };
    expect(spec.het).toEqual([
      { ...same, ntasks: 1, memPerNodeMib: 50 },
      { ...same, memPerCpuMib: 30 },
    ]);
  });

  it("starts when each of its components may", async () => {
    const begin = ["--begin=2026-11-24T19:00:00", "--begin=2026-11-24T20:00:00"];
    const spec = await specOf(
      ...[begin[0]!, "-d", "afterok:3", ":", begin[1]!, "-d", "afterany:4", ":", "--hold"],
      ...["--wrap", "true"],
    );
    expect(spec.beginS! - at("19:00:00")).toBe(3600);
    expect(spec).toMatchObject({ dependency: "afterok:3,afterany:4", hold: true });
    expect(spec.het).toEqual([{ name: "wrap" }, { name: "wrap" }]);
  });

  it("carries an array of any component to the controller, which refuses it", async () => {
    expect((await specOf("-n1", ":", "--array=1-2", "--wrap", "true")).array).toBe("1-2");
  });

  it("tells of a mistake in any component, and of too many", async () => {
    expect((await ask("-n1", ":", "-n0x", "--wrap", "true")).status).not.toBe(0);
    const many = Array.from({ length: 128 }, () => ":");
    expect(await ask(...many, "--wrap", "true")).toMatchObject({
      err: "sbatch: error: A heterogeneous job has at most 128 components\n",
      status: 1,
    });
  });

  it("takes a colon behind the script for an argument", async () => {
    script("args.sh", "true");
    const spec = await specOf("-n1", "args.sh", ":", "-n2");
    expect(spec.args).toEqual([":", "-n2"]);
    expect(spec.het).toBeUndefined();
  });
});
