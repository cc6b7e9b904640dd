/** What a job has of one node, as the outside sees it. Plain JSON values, as in views.ts. */
import type { DevicePart } from "./device-parts.ts";

export interface NodeShareView {
  readonly node: string;
  readonly tasks: number;
  readonly cpus: number;
  readonly memMib: number;
  /** `gpu:tesla:2(IDX:0-1)` forms come from these: GRES name, type and lane of each device. */
  readonly devices: readonly {
    readonly name: string;
    readonly type: string;
    readonly lane: number;
    readonly thousandths: number;
    /** What part of it; absent for the whole device. */
    readonly part?: DevicePart;
  }[];
  /** Of a job with shares: of each device that has such how many it has, and how many there are. */
  readonly shares?: readonly { readonly used: number; readonly of: number }[];
}
