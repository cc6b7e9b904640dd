/** The whole state of a controller as it gives it away, for simulations of what would be if. Types and bounds. */
import type { BackfillMode } from "./backfill.ts";
import type { PolicyChoice } from "./policy.ts";

/** How the controller that gave it decides; as a line of JSON before the bytes. */
export interface SnapshotFacts {
  /** Epoch seconds at which it was given. */
  readonly nowS: number;
  /** Of the last event in it. */
  readonly seq: number;
  readonly backfill: BackfillMode;
  readonly policies: {
    readonly priority: PolicyChoice;
    readonly placement: PolicyChoice;
    readonly topology?: PolicyChoice | undefined;
    /** Absent where nothing is preempted. */
    readonly preemption?: PolicyChoice | undefined;
  };
}

export interface StateSnapshot {
  readonly facts: SnapshotFacts;
  /** As core/state/snapshot.ts encodes it. */
  readonly bytes: Uint8Array;
}

/** A snapshot that a client takes; one of 50,000 waiting jobs that ask little has 32 MB. */
export const MAX_SNAPSHOT_BYTES = 2 ** 30;
