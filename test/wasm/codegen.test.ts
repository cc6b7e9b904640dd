/** The generated code of both sides of the ABI, and the rule that a minor version only appends. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ABI, type AbiField, type AbiSchema } from "../../policies/sdk/abi.schema.ts";
import { generate } from "../../policies/sdk/codegen.ts";
import { root } from "./builds.ts";

test("the generated files are what the schema gives", () => {
  for (const [path, text] of generate()) {
    expect(existsSync(root(path)), path).toBe(true);
    expect(readFileSync(root(path), "utf8"), path).toBe(text);
  }
});

test("version 1.0 is what it was when it was published", () => {
  const fields = (list: readonly AbiField[]): readonly string[] =>
    list.filter(({ since }) => since === 0).map(({ name, type }) => `${name} ${type}`);
  expect(ABI.major).toBe(1);
  expect(ABI.kinds).toMatchObject({ admission: 1, priority: 2, placement: 3, topology: 4, preemption: 5 });
  expect([ABI.blockAlignment, ABI.headBytes]).toEqual([64, 128]);
  expect(fields(ABI.jobFields)).toEqual([
    ...["jobId i32", "nodes i32", "tasksPerNode i32", "cpus i32", "memMib i32", "gpus i32"],
    ...["timeLimitS i32", "partition i32", "priority f64"],
  ]);
  expect(fields(ABI.nodeAreas)).toEqual(["mask u8", "out i32", "scores f32"]);
  expect(fields(ABI.nodeColumns)).toEqual([
    ...["freeCpus i32", "totalCpus i32", "freeMemMib i32", "totalMemMib i32", "freeGpus u8", "totalGpus u8"],
    ...["hardwareClass i32", "topologyLeaf i32"],
  ]);
  expect(fields(ABI.batchFields)).toEqual(["nodes i32", "cpus i32"]);
  expect(fields(ABI.batchAreas)).toEqual(["priority f64"]);
  expect(fields(ABI.batchColumns)).toEqual([
    ...["ageS f64", "partitionFactor f64", "qosFactor f64", "jobId i32", "nodes i32", "cpus i32"],
    ...["timeLimitS i32", "nice i32"],
  ]);
});

test("version 1.1 is what it was when it was published", () => {
  const added = [
    ...ABI.jobFields,
    ...ABI.nodeAreas,
    ...ABI.nodeColumns,
    ...ABI.batchFields,
    ...ABI.batchAreas,
  ];
  expect(added.filter(({ since }) => since === 1)).toEqual([]);
  expect(
    ABI.batchColumns.filter(({ since }) => since === 1).map(({ name, type }) => `${name} ${type}`),
  ).toEqual([
    ...["submitS f64", "fairshare f64", "assocFactor f64", "tresCpu f64", "tresMem f64", "tresGpu f64"],
    "siteFactor f64",
  ]);
});

test("version 1.2 is what it was when it was published: the kind preemption", () => {
  expect([...ABI.victimAreas, ...ABI.victimColumns].map(({ name, type }) => `${name} ${type}`)).toEqual([
    ...["cost f64", "priority f64", "runS f64", "leftS f64", "qosPriority f64", "jobId i32", "nodes i32"],
    ...["cpus i32", "gpus i32", "tier i32", "restarts i32", "requeued i32"],
  ]);
  expect(ABI.exports["preemption"]).toEqual({ allocate: "(i32)->(i32)", weigh: "(i32)->()" });
});

test("version 1.3 is what it was when it was published", () => {
  const added = [...ABI.jobFields, ...ABI.nodeAreas, ...ABI.nodeColumns].filter(({ since }) => since === 3);
  expect(added.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "level0 i32",
    "level1 i32",
    "level2 i32",
    "freeLanes i32",
  ]);
});

test("version 1.4 is what it was when it was published: shared devices", () => {
  const added = [...ABI.shareFields, ...ABI.shareAreas, ...ABI.shareColumns, ...ABI.typicalColumns];
  expect(added.filter(({ since }) => since === 4).map(({ name, type }) => `${name} ${type}`)).toEqual([
    ...["cpuMilli i32", "memMib i32", "gpus i32", "gpuMilli i32", "models i32"],
    ...["mask u8", "out i32", "scores f32"],
    ...["freeCpuMilli i32", "freeMemMib i32", "gpus i32", "model i32", "freeGpuMilli i32", "kinds i32"],
    "free i16x16",
    ...["cpuMilli i32", "gpus i32", "gpuMilli i32", "models i32", "count f64"],
  ]);
  expect(Object.keys(ABI.sharing)).toEqual([
    ...["allocateShare", "allocateTypical", "beginSharing", "scoreSharing", "toll", "chooseDevices"],
  ]);
});

test("a column of a later minor version comes behind the others and is absent for older modules", () => {
  const column: AbiField = { name: "rack", type: "i32", since: 4, doc: "Rack of the node." };
  const later: AbiSchema = { ...ABI, minor: 4, nodeColumns: [...ABI.nodeColumns, column] };
  const host = generate(later).get("core/wasm/generated/node-block.ts") ?? "";
  const now = generate().get("core/wasm/generated/node-block.ts") ?? "";
  for (const line of now.split("\n").filter((text) => text.includes("new Int32Array(buffer"))) {
    expect(host).toContain(line);
  }
  expect(host).toContain(
    "rack: minor >= 4 ? new Int32Array(buffer, base + 128 + 51 * capacity, capacity) : new Int32Array(0)",
  );
  expect(host).toContain(" + (minor >= 4 ? 4 : 0)) * capacity");
  expect(generate(later).get("policies/sdk/assembly/generated/node-block.ts")).toContain("get rack(): i32");
});
