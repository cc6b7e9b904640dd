/** A partition as configured. Limits are the site's; UNLIMITED_S and MAX_NODES say "none". */
import type { PartitionIndex } from "./ids.ts";

export interface PartitionSpec {
  readonly name: string;
  /** Hostlist of its nodes, or `ALL`. */
  readonly nodes: string;
  readonly isDefault: boolean;
  /** Seconds. */
  readonly maxTimeS: number;
  /** Seconds; 0 when the site set none (then maxTimeS is the default). */
  readonly defaultTimeS: number;
  readonly maxNodes: number;
  readonly minNodes: number;
  /** MiB; 0 for none. At most one of the two is set. */
  readonly defMemPerCpuMib: number;
  readonly defMemPerNodeMib: number;
  readonly priorityJobFactor: number;
  readonly priorityTier: number;
  readonly state: "UP" | "DOWN" | "DRAIN" | "INACTIVE";
}

export interface PartitionRecord {
  readonly index: PartitionIndex;
  spec: PartitionSpec;
}

export interface QosSpec {
  readonly name: string;
  readonly priority: number;
}
