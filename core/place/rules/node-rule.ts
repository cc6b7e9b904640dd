/**
 * What a class asks of its nodes together, beyond what each must have: so many of them with some features, all next to
 * each other, on few leaf switches. Made once for each class of a pass, and absent for nearly all of them. Pure.
 */
import type { MaskOption } from "../../model/constraint-nodes.ts";
import type { PassTables } from "../../state/tables.ts";

export interface NodeRule {
  /** So many nodes with these features, no node counted twice. */
  readonly counts: MaskOption["counts"];
  readonly isContiguous: boolean;
  /** Leaf switches at most; 0 for any number. */
  readonly switches: number;
}

/** Forms of a shape: each option of its constraint, with its limit on switches and, where it has one, without. */
const FORMS_OF_OPTION = 2;

export const formOf = (option: number, isLapsed: boolean): number =>
  option * FORMS_OF_OPTION + (isLapsed ? 1 : 0);
export const optionOf = (form: number): number => Math.floor(form / FORMS_OF_OPTION);
export const isLapsedForm = (form: number): boolean => form % FORMS_OF_OPTION === 1;

/** Options of the shape's constraint; 1 where it has none. */
export const optionCount = ({ constraints }: PassTables, shape: number): number =>
  Math.max(1, constraints?.get(shape)?.length ?? 1);

/** undefined where a form asks nothing of its nodes together. */
export function ruleOf(tables: PassTables, shape: number, form: number): NodeRule | undefined {
  const counts = tables.constraints?.get(shape)?.[optionOf(form)]?.counts ?? [];
  const rule = tables.setRules?.rules.get(shape);
  const isContiguous = rule?.isContiguous === true;
  const switches = rule === undefined || isLapsedForm(form) ? 0 : rule.switches;
  // Parts of devices are no matter of its nodes together, but are looked at where that is.
  const hasParts = tables.parts?.demands.has(shape) === true;
  if (counts.length === 0 && !isContiguous && switches === 0 && !hasParts) return undefined;
  return { counts, isContiguous, switches };
}

/** Equal for equal rules. */
export const ruleKey = (rule: NodeRule | undefined): string =>
  rule === undefined
    ? ""
    : `${rule.isContiguous ? "c" : ""}${rule.switches} ${rule.counts.map(({ sets, count }) => `${sets.join("|")}*${count}`).join("&")}`;

/** Forms of all shapes. */
export function formCount(tables: PassTables): number {
  const { shapes, constraints, setRules } = tables;
  let forms = shapes.count;
  for (const shape of new Set([...(constraints?.keys() ?? []), ...(setRules?.rules.keys() ?? [])]))
    forms += FORMS_OF_OPTION * optionCount(tables, shape) - 1;
  return forms;
}
