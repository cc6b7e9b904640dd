/** The limit that holds a waiting row back, in numbers: of an account, user or QOS, of a partition, of a licence. Pure. */
import { WAIT_REASONS, type WaitLimit, type WaitReason } from "../model/reasons.ts";
import { missingLicence } from "../state/licences.ts";
import type { PassTables } from "../state/tables.ts";
import type { Demand } from "./demand.ts";
import type { ExplainNames } from "./explain.ts";
import { LimitGate, NO_PICKS } from "./limit-gate.ts";

/** One slot that begins now: only what is in use at this moment counts. */
const NOW = Int32Array.of(0, 60);

/** The limit that the reason is; that of the partition which is tried first. */
export function limitOfReason(
  tables: PassTables,
  row: number,
  partition: number,
  demand: Demand,
  reason: WaitReason,
  names: ExplainNames,
): WaitLimit | undefined {
  const limits = tables.partitions[partition]!;
  switch (reason) {
    case "PartitionTimeLimit":
      return {
        name: reason,
        value: limits.maxTimeS,
        used: 0,
        asked: tables.pending.columns.timeLimitS[row]!,
      };
    case "PartitionNodeLimit":
      return { name: reason, value: limits.maxNodes, used: 0, asked: demand.wantNodes };
    case "Licenses":
      return licenceLimit(tables, demand.shape, names);
    default:
      return /^(Assoc|QOS|Max)/.test(reason) ? limitOf(tables, row, partition, names.gresParent) : undefined;
  }
}

/** What of the account, user or QOS it would exceed if it started now; undefined where it would nothing. */
export function limitOf(
  tables: PassTables,
  row: number,
  partition: number,
  gresParent: readonly number[],
): WaitLimit | undefined {
  const gate = LimitGate.of(tables, gresParent, NOW, NO_PICKS);
  if (gate === undefined || gate.firstSlot(row, partition, 0, 1) === 0) return undefined;
  const { hit } = gate;
  const constraint = hit === undefined ? undefined : tables.limits?.constraints[hit.constraint];
  if (hit === undefined || constraint === undefined) return undefined;
  const name = WAIT_REASONS[constraint.reason] ?? "None";
  return { name, value: constraint.value, used: hit.used, asked: hit.added };
}

/** Of the first licence that there is too little of at this moment. */
function licenceLimit(
  { licences }: PassTables,
  shape: number,
  { licence }: ExplainNames,
): WaitLimit | undefined {
  const number = licences === undefined ? -1 : missingLicence(licences, shape);
  if (licences === undefined || number < 0) return undefined;
  const pairs = licences.asked.get(shape)!;
  const at = pairs.findIndex((value, i) => i % 2 === 0 && value === number);
  const total = licence?.(number).total ?? 0;
  return { name: "Licenses", value: total, used: total - licences.free[number]!, asked: pairs[at + 1]! };
}
