/** How much memory the planner's kernel has, and how much of it each part of a pass's layout takes. Pure. */
import type { PassTables } from "../state/tables.ts";
import { formCount } from "./rules/node-rule.ts";

export const PAGE = 65_536;
/** 256 MiB; slots are given up, far ones first, before this is passed. */
export const MAX_KERNEL_PAGES = 4_096;
/** Bytes of the compiler's own data, below which the layout must not reach. */
export const RESERVED = PAGE;
export const BLOCK = 16;
/** Request shapes × partitions of one pass. */
export const MAX_CLASSES = 65_536;
/** Words of a class's descriptor. */
export const DESCRIPTOR_WORDS = 104;
/** Of the block index of CPUs and memory: nodes with so many devices free. */
export const INDEX_LEVELS = 6;
/** Bytes of a block's bits, one a slot. */
export const FALL_BYTES = 32;
/** Entries of the histogram of tasks a node. */
export const HISTOGRAM = 65_536;
const MIN_MASKS = 16;
const MAX_MASKS = 1_024;
const MASK_BYTES = 32 * 1024 * 1024;

/** Slots that fit into memory for so many nodes and bytes of a node in a slot beside those of CPUs and memory. */
export function maxSlots(nodes: number, bytes: number, ends: number, classes = MAX_CLASSES): number {
  const rows = roundUp(Math.max(1, nodes), BLOCK);
  const stride = strideOf(rows);
  const groups = strideOf(stride);
  const fixed =
    RESERVED +
    rows * 32 +
    HISTOGRAM * 4 +
    masksFor(rows) * (rows + stride + groups) +
    Math.min(classes, MAX_CLASSES) * DESCRIPTOR_WORDS * 4 +
    (1 << 20);
  const slot = rows * (8 + bytes) + (stride + groups) * (2 * INDEX_LEVELS + 1 + bytes);
  return Math.floor((MAX_KERNEL_PAGES * PAGE - fixed - ends * 40) / slot) - 1;
}

/**
 * Of each form of a shape in each partition a class, for each user where it matters whose jobs are where, and with and
 * without the partition's limit on nodes where a QOS may lift it.
 */
export function mostClasses(tables: PassTables): number {
  const { partitions, owners, qosRules } = tables;
  const kinds = (1 + (owners?.users ?? 0)) * (qosRules === undefined ? 1 : 2);
  return formCount(tables) * Math.max(1, partitions.length) * kinds;
}

/** Bytes of a row of the block index; of the group index where it is given those. */
export function strideOf(rows: number): number {
  return roundUp(rows / BLOCK, 16);
}

export function masksFor(rows: number): number {
  return Math.max(MIN_MASKS, Math.min(MAX_MASKS, Math.floor(MASK_BYTES / rows)));
}

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
