/** What a witness keeps of each node and each job of a history. */
import type { DependencyExpr } from "../../core/model/dependency.ts";
import type { Allocation } from "../../core/model/job.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import type { Request } from "../../core/model/request.ts";

export interface NodeBook {
  readonly spec: NodeSpec;
  /** Takes new jobs. */
  isUp: boolean;
  down: boolean;
  drain: boolean;
  freeCpus: number;
  freeMemMib: number;
  jobs: number;
  /** By lane: the job that holds the device, 0 for none. */
  readonly lanes: number[];
}

export interface Life {
  readonly id: number;
  readonly request: Request;
  timeLimitS: number;
  partitions: readonly string[];
  state: "waiting" | "running" | "ended";
  held: boolean;
  beginS: number;
  startS: number;
  allocation: Allocation | undefined;
  /** Tasks of an array that wait under this record; 1 for any other. */
  waiting: number;
  readonly array: { readonly id: number; readonly throttle: number } | undefined;
  readonly dependency: DependencyExpr | undefined;
  readonly user: string;
  readonly account: string;
  readonly qos: string;
  /** How it ended, for those that depend on it. */
  endedWell: boolean;
  reservation: string;
  /** Limit with which it is content, and when it must have ended; epoch seconds, for ever where none is asked. */
  readonly timeMinS: number;
  readonly deadlineS: number;
  /** Of a component: its leader, and how many start together. */
  readonly het: { readonly leader: number; readonly size: number } | undefined;
  /** Where it runs. */
  partition: string;
  /** Seconds; of the run. */
  runLimitS: number;
  /** Its end has been asked for. */
  isEnding: boolean;
}
