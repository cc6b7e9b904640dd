/** Policies as the API shows them and what may be asked of them. Types only. */
import type { OnFault, PartitionParameters, PolicyKind, PolicyParameters } from "./policy.ts";

export interface PolicyParameterView {
  readonly name: string;
  readonly type: string;
  readonly default: number | string;
  /** Bounds of a number; of a text its least and greatest length. */
  readonly min: number;
  readonly max: number;
  /** What a number counts; absent where it counts nothing. */
  readonly unit?: string;
  readonly doc: string;
  /** What it is set to. */
  readonly value: number | string;
}

/** The policy that serves a kind, and how it has done since it was chosen. */
export interface PolicyView {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  /** `MAJOR.MINOR` that it was built for. */
  readonly abi: string;
  readonly doc: string;
  /** As it was named: one of those that come with Rota, or a path. */
  readonly module: string;
  readonly sha256: string;
  /** Keys that have signed it, with what the site calls those that it trusts. */
  readonly signedBy: readonly { readonly key: string; readonly name?: string }[];
  readonly parameters: readonly PolicyParameterView[];
  /** Values that partitions have for themselves; absent where none has. */
  readonly partitions?: PartitionParameters;
  /** Of an admission policy: what becomes of a submission that it fails at. */
  readonly onFault?: OnFault;
  /** What it reads; other columns are 0 to it. */
  readonly columns: readonly string[];
  /** Chosen by rota.yaml, or loaded since the controller started. */
  readonly origin: "configuration" | "loaded";
  /** Epoch seconds since which it has been chosen. */
  readonly sinceS: number;
  /** Calls into it, and the time in it, microseconds. */
  readonly calls: number;
  readonly usedUs: number;
  readonly strikes: number;
  /** Three strikes: the built-in serves in its place. */
  readonly out: boolean;
  readonly lastFault?: { readonly code: string; readonly message: string };
  /** What a rollback brings back: a name and version, or none for no policy; absent where there is nothing. */
  readonly earlier?: string;
}

export interface PolicyLoadRequest {
  /** One that comes with Rota, or where the module was read, which is shown and read by nobody. */
  readonly module: string;
  /** The module in base64; absent for one that comes with Rota. */
  readonly wasm?: string;
  readonly parameters?: PolicyParameters;
  readonly partitions?: PartitionParameters;
  /** Only of an admission policy; absent: refuse. */
  readonly onFault?: OnFault;
}

/** Other values for the policy that serves; what is not named stays, and null goes back to what stands behind it. */
export interface PolicySetRequest {
  readonly parameters?: Readonly<Record<string, number | string | null>>;
  readonly partitions?: Readonly<Record<string, Readonly<Record<string, number | string | null>>>>;
  readonly onFault?: OnFault;
}

/** Kinds that can be loaded. */
export const SERVED_KINDS = [
  "priority",
  "placement",
  "topology",
  "preemption",
  "admission",
] as const satisfies readonly PolicyKind[];
export type ServedKind = (typeof SERVED_KINDS)[number];
/** Kinds that passes ask; each has a policy that comes with Rota behind it. */
export type PassKind = Exclude<ServedKind, "admission">;
