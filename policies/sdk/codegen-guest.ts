/**
 * The guest's side of the ABI as text: addresses of a block's columns and the views that an author's class reads. Called
 * by codegen.ts. Pure.
 */
import { type AbiField, type AbiSchema, WIDTH } from "./abi.schema.ts";

export function guestConstants(abi: AbiSchema, notice: string): string {
  return `// ABI numbers. ${notice}
export const ABI_MAJOR: i32 = ${abi.major};
export const ABI_MINOR: i32 = ${abi.minor};
${Object.entries(abi.kinds)
  .map(([kind, id]) => `export const KIND_${kind.toUpperCase()}: i32 = ${id};\n`)
  .join("")}`;
}

export function guestNodeBlock(abi: AbiSchema, notice: string): string {
  return `// The block that nodes cross in, as an author's class sees it. ${notice}

${guestBlock(abi, abi.nodeAreas, abi.nodeColumns)}
/** The job at hand: what it takes of each of its nodes. */
@unmanaged @final
export class Job {
${abi.jobFields.map(({ name, type, doc }) => `  /** ${doc} */\n  ${name}: ${type};\n`).join("")}}

/** A view on one node. The reference is its row number, so a view costs nothing. */
@unmanaged @final
export class Node {
  /** Row of the node, the same for as long as the controller runs. */
  @inline get row(): i32 { return <i32>changetype<usize>(this); }
${abi.nodeColumns.map(guestGetter).join("")}${abi.nodeColumns.map(guestVectorGetter).join("")}}

/** The job that the host wrote. */
@inline export function jobAtHand(): Job { return changetype<Job>(BLOCK); }
/** A view on the node in a row. */
@inline export function nodeAt(row: i32): Node { return changetype<Node>(<usize>row); }
`;
}

export function guestBatchBlock(abi: AbiSchema, notice: string): string {
  return `// The block that pending jobs cross in, as an author's class sees it. ${notice}

${guestBlock(abi, abi.batchAreas, abi.batchColumns)}
/** What holds for every job of the batch. */
@unmanaged @final
export class Cluster {
${abi.batchFields.map(({ name, type, doc }) => `  /** ${doc} */\n  ${name}: ${type};\n`).join("")}}

/** A view on one pending job. The reference is its row number, so a view costs nothing. */
@unmanaged @final
export class PendingJob {
${abi.batchColumns.map(guestGetter).join("")}}

/** The cluster that the host wrote. */
@inline export function clusterAtHand(): Cluster { return changetype<Cluster>(BLOCK); }
/** A view on the job in a row. */
@inline export function pendingJobAt(row: i32): PendingJob { return changetype<PendingJob>(<usize>row); }
`;
}

export function guestVictimBlock(abi: AbiSchema, notice: string): string {
  return `// The block that running jobs cross in, as an author's class sees it. ${notice}

${guestBlock(abi, abi.victimAreas, abi.victimColumns)}
/** A view on one running job. The reference is its row number, so a view costs nothing. */
@unmanaged @final
export class RunningJob {
${abi.victimColumns.map(guestGetter).join("")}}

/** A view on the job in a row. */
@inline export function runningJobAt(row: i32): RunningJob { return changetype<RunningJob>(<usize>row); }
`;
}

export function guestShareBlock(abi: AbiSchema, notice: string): string {
  return `// The block that nodes with shared devices cross in, as an author's class sees it. ${notice}

${guestBlock(abi, abi.shareAreas, abi.shareColumns)}
/** The job at hand. */
@unmanaged @final
export class ShareJob {
${abi.shareFields.map(({ name, type, doc }) => `  /** ${doc} */\n  ${name}: ${type};\n`).join("")}}

/** A view on one node. The reference is its row number, so a view costs nothing. */
@unmanaged @final
export class ShareNode {
  /** Row of the node. */
  @inline get row(): i32 { return <i32>changetype<usize>(this); }
${abi.shareColumns.map(guestGetter).join("")}}

/** The job that the host wrote. */
@inline export function shareJobAtHand(): ShareJob { return changetype<ShareJob>(BLOCK); }
/** A view on the node in a row. */
@inline export function shareNodeAt(row: i32): ShareNode { return changetype<ShareNode>(<usize>row); }
`;
}

export function guestTypicalBlock(abi: AbiSchema, notice: string): string {
  return `// The block that typical jobs cross in, as an author's class sees it. ${notice}

${guestBlock(abi, [], abi.typicalColumns)}
/** A view on one class of typical jobs. The reference is its row number, so a view costs nothing. */
@unmanaged @final
export class TypicalJob {
${abi.typicalColumns.map(guestGetter).join("")}}

/** A view on the class in a row. */
@inline export function typicalJobAt(row: i32): TypicalJob { return changetype<TypicalJob>(<usize>row); }
`;
}

/** Addresses of areas and columns, and the \`allocate\` that sets them. */
function guestBlock(abi: AbiSchema, areas: readonly AbiField[], columns: readonly AbiField[]): string {
  const fields = [...areas, ...columns];
  const align = abi.blockAlignment;
  let previous = `BLOCK + ${abi.headBytes}`;
  const sets = fields
    .map((field) => {
      const text = `  ${constantName(field.name)} = ${previous};\n`;
      previous = `${constantName(field.name)} + rows * ${WIDTH[field.type]}`;
      return text;
    })
    .join("");
  const perRow = fields.reduce((sum, field) => sum + WIDTH[field.type], 0);
  return `/** Address of the block, rows that it has room for, then the address of each area and column. */
export let BLOCK: usize = 0;
export let CAPACITY: i32 = 0;
${fields.map(({ name }) => `export let ${constantName(name)}: usize = 0;\n`).join("")}
/** Makes room for \`wanted\` rows, all bytes zero. An earlier block is given up, not freed. */
export function allocate(wanted: i32): i32 {
  CAPACITY = (wanted + ${align - 1}) & ~${align - 1};
  const rows = <usize>CAPACITY;
  const bytes: usize = ${abi.headBytes} + rows * ${perRow};
  BLOCK = (heap.alloc(bytes + ${align}) + ${align - 1}) & ~${align - 1};
  memory.fill(BLOCK, 0, bytes);
${sets}  return <i32>BLOCK;
}
`;
}

function guestGetter({ name, type, doc }: AbiField): string {
  if (type === "i16x16")
    return `  /** ${doc} */
  @inline ${name}(lane: i32): i32 { return <i32>load<i16>(${constantName(name)} + (changetype<usize>(this) << 5) + (<usize>lane << 1)); }
`;
  const given = type === "u8" ? "i32" : type;
  const shift = Math.log2(WIDTH[type]);
  const index = shift === 0 ? "changetype<usize>(this)" : `(changetype<usize>(this) << ${shift})`;
  const value = `load<${type}>(${constantName(name)} + ${index})`;
  return `  /** ${doc} */
  @inline get ${name}(): ${given} { return ${type === "u8" ? `<i32>${value}` : value}; }
`;
}

function guestVectorGetter({ name, type }: AbiField): string {
  const row = "changetype<usize>(this)";
  const value =
    type === "u8"
      ? `i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(${constantName(name)} + ${row})))`
      : `v128.load(${constantName(name)} + (${row} << 2))`;
  return `  /** \`${name}\` of this node and the next three, as i32x4. */
  @inline get ${name}4(): v128 { return ${value}; }
`;
}

/** \`freeMemMib\` → \`FREE_MEM_MIB\`. */
export function constantName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
