/**
 * Branded identifiers, so that a node row is never passed where a job id is meant. Used everywhere; never allocates
 * or checks: a brand is a compile-time matter, ranges are checked where numbers enter.
 */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** 1 .. MAX_JOB_ID, counted upwards; an array's record has the lowest id of its tasks. */
export type JobId = Brand<number, "JobId">;
/** Row of a node in the columns, 0 .. capacity - 1; a row is never given to another node. */
export type NodeIndex = Brand<number, "NodeIndex">;
/** Row of a shape (an equivalence class of requests) in the shape table. */
export type ShapeId = Brand<number, "ShapeId">;
/** Bit of a partition in the partition columns, 0 .. MAX_PARTITIONS - 1. */
export type PartitionIndex = Brand<number, "PartitionIndex">;
/** Position of an event in the journal, from 1. */
export type Seq = Brand<number, "Seq">;

export const MAX_JOB_ID = 2147483645;
export const MAX_NODES = 131_072;
export const MAX_PARTITIONS = 64;
/** Device lanes of one node; DESIGN: thousandths of each device, 16 lanes a node. */
export const DEVICE_LANES = 16;
/** Thousandths of one whole device. */
export const WHOLE_DEVICE = 1000;

export const jobId = (n: number): JobId => n as JobId;
export const nodeIndex = (n: number): NodeIndex => n as NodeIndex;
export const shapeId = (n: number): ShapeId => n as ShapeId;
export const partitionIndex = (n: number): PartitionIndex => n as PartitionIndex;
export const seq = (n: number): Seq => n as Seq;
