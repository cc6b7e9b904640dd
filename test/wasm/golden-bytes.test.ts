/**
 * Known numbers through the host's writers, the bytes that they make, and what a guest reads in them. The bytes are
 * committed, so that neither side's code can move a field without this test saying so.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { PolicyJob, PolicyNodeColumns, PriorityBatch } from "../../core/model/policy.ts";
import { ABI_MINOR } from "../../core/wasm/generated/abi.ts";
import {
  BATCH_COLUMNS,
  batchBlockBytes,
  viewBatchBlock,
  writeBatchColumns,
  writeBatchHead,
} from "../../core/wasm/generated/batch-block.ts";
import {
  NODE_COLUMNS,
  nodeBlockBytes,
  viewNodeBlock,
  writeJob,
  writeNodeColumns,
} from "../../core/wasm/generated/node-block.ts";
import type { PolicyModule } from "../../core/wasm/module.ts";
import { rawGuest, root } from "./builds.ts";

const ROWS = 64;
const ALL = -1;
type Reader = (...args: number[]) => number;

const JOB: PolicyJob = {
  jobId: 2_147_483_645,
  nodes: 3,
  tasksPerNode: 5,
  cpus: -1,
  memMib: 1_048_576,
  gpus: 8,
  timeLimitS: 86_400,
  partition: 63,
  priority: 4_294_901_759.5,
};

const numbers = (factor: number, offset: number): number[] =>
  Array.from({ length: ROWS }, (_, row) => row * factor + offset);
const NODES: PolicyNodeColumns = {
  count: ROWS,
  freeCpus: Int32Array.from(numbers(3, 1)),
  totalCpus: Int32Array.from(numbers(5, 2)),
  freeMemMib: Int32Array.from(numbers(70_001, 3)),
  totalMemMib: Int32Array.from(numbers(90_001, 4)),
  freeGpus: Uint8Array.from(numbers(1, 0).map((value) => value % 17)),
  totalGpus: Uint8Array.from(numbers(1, 5).map((value) => value % 17)),
  hardwareClass: Int32Array.from(numbers(11, 6)),
  topologyLeaf: Int32Array.from(numbers(1, -1)),
  level0: Int32Array.from(numbers(2, -1)),
  level1: Int32Array.from(numbers(13, 21)),
  level2: Int32Array.from(numbers(17, 22)),
  freeLanes: Int32Array.from(numbers(19, 23)),
};
const BATCH: PriorityBatch = {
  count: ROWS,
  ageS: Float64Array.from(numbers(1.5, 7)),
  jobId: Int32Array.from(numbers(1_000_003, 8)),
  nodes: Int32Array.from(numbers(1, 1)),
  cpus: Int32Array.from(numbers(128, 9)),
  timeLimitS: Int32Array.from(numbers(60, 10)),
  nice: Int32Array.from(numbers(-7, 11)),
  partitionFactor: Float64Array.from(numbers(1 / 64, 0)),
  qosFactor: Float64Array.from(numbers(-1 / 64, 1)),
  submitS: Float64Array.from(numbers(3600.5, 1_700_000_000)),
  fairshare: Float64Array.from(numbers(1 / 128, 0.25)),
  assocFactor: Float64Array.from(numbers(-1 / 128, 0.75)),
  tresCpu: Float64Array.from(numbers(1 / 256, 0)),
  tresMem: Float64Array.from(numbers(1 / 512, 0.5)),
  tresGpu: Float64Array.from(numbers(-1 / 512, 0.5)),
  siteFactor: Float64Array.from(numbers(1000, -30_000)),
  clusterNodes: 12_544,
  clusterCpus: 1_605_632,
};

/** Instantiates the guest and lets it allocate a block; gives its memory, the block's address and its readers. */
function instantiate(module: PolicyModule) {
  const memory = new WebAssembly.Memory({ initial: module.minPages, maximum: module.maxPages });
  const abort = (): never => {
    throw new Error("abort");
  };
  const instance = new WebAssembly.Instance(module.wasm, { env: { memory, abort } });
  const call = instance.exports as Record<string, Reader>;
  return { memory, base: call["allocate"]!(ROWS), call };
}

function hexOf(memory: WebAssembly.Memory, base: number, bytes: number): string {
  const hex = Buffer.from(memory.buffer, base, bytes).toString("hex");
  return `${(hex.match(/.{1,64}/g) ?? []).join("\n")}\n`;
}

test("a job and the columns of nodes cross as the golden bytes and read back as they were", async () => {
  const { memory, base, call } = instantiate(await rawGuest("echo", "placement", Object.keys(NODE_COLUMNS)));
  const block = viewNodeBlock(memory.buffer, base, ROWS, ABI_MINOR);
  writeJob(block, JOB);
  writeNodeColumns(block, NODES, ALL);
  block.mask.set(numbers(1, 0).map((row) => row % 3));
  block.scores.set(numbers(-0.25, 8));

  const golden = readFileSync(root("test/golden/abi/node-block.hex"), "utf8");
  expect(hexOf(memory, base, nodeBlockBytes(ROWS, ABI_MINOR))).toBe(golden);

  const fields = Object.values(JOB).map((_, index) => call["jobField"]!(index));
  expect(fields).toEqual(Object.values(JOB));
  for (const [index, name] of Object.keys(NODE_COLUMNS).entries()) {
    const read = numbers(1, 0).map((row) => call["nodeColumn"]!(index, row));
    expect(read, name).toEqual([...NODES[name as "freeCpus"]]);
  }
  for (const [index, column] of [
    [0, NODES.freeCpus],
    [4, NODES.freeGpus],
    [7, NODES.topologyLeaf],
  ] as const) {
    const read = [0, 1, 2, 3].map((lane) => call["nodeColumn4"]!(index, 20, lane));
    expect(read).toEqual([...column.subarray(20, 24)]);
  }
  expect(numbers(1, 0).map((row) => call["maskByte"]!(row))).toEqual([...block.mask]);
  expect(numbers(1, 0).map((row) => call["scoreOf"]!(row))).toEqual([...block.scores]);
});

test("a batch of pending jobs crosses as the golden bytes and reads back as it was", async () => {
  const { memory, base, call } = instantiate(
    await rawGuest("echo-batch", "priority", Object.keys(BATCH_COLUMNS)),
  );
  const block = viewBatchBlock(memory.buffer, base, ROWS, ABI_MINOR);
  writeBatchHead(block, BATCH);
  writeBatchColumns(block, BATCH, ALL, 0, ROWS);

  const golden = readFileSync(root("test/golden/abi/batch-block.hex"), "utf8");
  expect(hexOf(memory, base, batchBlockBytes(ROWS, ABI_MINOR))).toBe(golden);

  expect([call["clusterField"]!(0), call["clusterField"]!(1)]).toEqual([
    BATCH.clusterNodes,
    BATCH.clusterCpus,
  ]);
  for (const [index, name] of Object.keys(BATCH_COLUMNS).entries()) {
    const read = numbers(1, 0).map((row) => call["batchColumn"]!(index, row));
    expect(read, name).toEqual([...BATCH[name as "ageS"]]);
  }
});

test("a module of version 1.0 is given its block as it always was, at the beginning of today's", async () => {
  const { memory, base } = instantiate(await rawGuest("echo-batch", "priority", Object.keys(BATCH_COLUMNS)));
  const block = viewBatchBlock(memory.buffer, base, ROWS, 0);
  writeBatchHead(block, BATCH);
  writeBatchColumns(block, BATCH, 0xff, 0, ROWS);
  const golden = readFileSync(root("test/golden/abi/batch-block.hex"), "utf8");
  expect(golden.startsWith(hexOf(memory, base, batchBlockBytes(ROWS, 0)))).toBe(true);
  expect(block.submitS.length).toBe(0);
});

test("only the columns that a module reads are copied", async () => {
  const { memory, base } = instantiate(await rawGuest("echo", "placement", ["freeCpus"]));
  const block = viewNodeBlock(memory.buffer, base, ROWS, ABI_MINOR);
  writeNodeColumns(block, NODES, 1);
  expect([...block.freeCpus]).toEqual([...NODES.freeCpus]);
  expect([...block.totalCpus].every((value) => value === 0)).toBe(true);
});
