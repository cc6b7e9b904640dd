/** The limit of an account, user or QOS that a waiting row would exceed if it started now, in numbers. Pure. */
import { WAIT_REASONS, type WaitLimit } from "../model/reasons.ts";
import type { PassTables } from "../state/tables.ts";
import { LimitGate } from "./limit-gate.ts";

/** One slot that begins now: only what is in use at this moment counts. */
const NOW = Int32Array.of(0, 60);

/** undefined where none is exceeded. */
export function limitOf(
  tables: PassTables,
  row: number,
  partition: number,
  gresParent: readonly number[],
): WaitLimit | undefined {
  const gate = LimitGate.of(tables, gresParent, NOW);
  if (gate === undefined || gate.firstSlot(row, partition, 0, 1) === 0) return undefined;
  const { hit } = gate;
  const constraint = hit === undefined ? undefined : tables.limits?.constraints[hit.constraint];
  if (hit === undefined || constraint === undefined) return undefined;
  const name = WAIT_REASONS[constraint.reason] ?? "None";
  return { name, value: constraint.value, used: hit.used, asked: hit.added };
}
