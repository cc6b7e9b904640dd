/** What the outside sees of reservations and may ask of them. Plain JSON values; times are epoch seconds. */

export interface ReservationView {
  readonly name: string;
  /** Of a recurring one those of the current or next time. */
  readonly startS: number;
  readonly endS: number;
  /** Compressed hostlist. */
  readonly nodes: string;
  readonly nodeCount: number;
  readonly coreCount: number;
  readonly cpuCount: number;
  /** "" for none. */
  readonly features: string;
  readonly partition: string;
  /** A leading `-` says who may not. */
  readonly users: readonly string[];
  readonly accounts: readonly string[];
  readonly groups: readonly string[];
  /** In Slurm's words and order: `MAINT`, `DAILY`, `PURGE_COMP=00:05:00`. */
  readonly flags: readonly string[];
  readonly isActive: boolean;
}

/** What is asked of a new reservation. Nodes are named, or counted by nodes or by cores; the controller then chooses them. */
export interface ReservationRequest {
  /** Absent: made of the first user, account or group and a number. */
  readonly name?: string;
  readonly startS: number;
  readonly endS: number;
  /** Hostlist, or `ALL`. */
  readonly nodes?: string;
  readonly nodeCount?: number;
  readonly coreCount?: number;
  readonly partition?: string;
  readonly features?: string;
  readonly users?: readonly string[];
  readonly accounts?: readonly string[];
  readonly groups?: readonly string[];
  /** In Slurm's words, `MAINT`, `PURGE_COMP=00:05:00`. */
  readonly flags?: readonly string[];
}

/** Absent fields stay; lists replace what is there. */
export interface ReservationUpdate {
  /** A recurring one goes on to its next time, whatever else is asked. */
  readonly skip?: boolean;
  readonly startS?: number;
  /** At most one of the two; a duration counts from the start. */
  readonly endS?: number;
  readonly durationS?: number;
  readonly nodes?: string;
  readonly nodeCount?: number;
  readonly coreCount?: number;
  readonly partition?: string;
  readonly features?: string;
  readonly users?: readonly string[];
  readonly accounts?: readonly string[];
  readonly groups?: readonly string[];
  readonly flags?: readonly string[];
}
