/**
 * What a waiting job asks of its nodes together, how near what is free comes to it, and whether that alone keeps it from
 * starting: for `explain`. Looks at this moment, as if no job were ahead of it. Pure.
 */
import { parseConstraint, printConstraint, printFeatures } from "../model/constraint.ts";
import { isMet, type MaskOption } from "../model/constraint-nodes.ts";
import type { WaitRule } from "../model/reasons.ts";
import { lapseInS } from "../state/set-rules.ts";
import type { PassTables } from "../state/tables.ts";
import { type FreeRoom, fitsNow, looseDemand, type RuleName, roomIn } from "./explain-room.ts";
import { mostNodesOn } from "./rules/leaf-sets.ts";
import { setAskOf } from "./rules/set-ask.ts";
import { longestRun } from "./rules/windows.ts";

/** Empty where it asks no such thing. `text` is its constraint as the request has it. */
export function rulesOf(
  tables: PassTables,
  row: number,
  gresParent: readonly number[],
  text: string,
): readonly WaitRule[] {
  const shape = tables.pending.columns.shape[row]!;
  const options = tables.constraints?.get(shape) ?? [];
  const rule = tables.setRules?.rules.get(shape);
  const isAlike = options.length > 1 || options.some(({ counts }) => counts.length > 0);
  const switches = lapseInS(tables, row) === 0 ? 0 : (rule?.switches ?? 0);
  if (!isAlike && rule?.isContiguous !== true && switches === 0) return [];

  const demand = looseDemand(tables, shape, gresParent);
  const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  const rooms = set.flatMap((partition) => roomIn(tables, row, demand, partition) ?? []);
  const most = (countIn: (room: FreeRoom) => number): number => Math.max(0, ...rooms.map(countIn));
  const isFree = fitsNow(tables, row, gresParent);
  const keeps = (name: RuleName): boolean => !isFree && fitsNow(tables, row, gresParent, name);
  const ask = setAskOf(tables, demand, { counts: [], isContiguous: true, switches });
  const rules: WaitRule[] = [];
  if (isAlike)
    rules.push(...constraintRules(tables, options, text, demand.wantNodes, keeps("constraint"), most));
  if (rule?.isContiguous === true)
    rules.push({
      rule: "contiguous",
      of: "",
      asked: demand.wantNodes,
      most: most(({ nodes }) => longestRun(ask, nodes)),
      isKeeping: keeps("contiguous"),
    });
  if (switches > 0)
    rules.push({
      rule: "switches",
      of: String(switches),
      asked: demand.wantNodes,
      most: most(({ nodes, holds }) => mostNodesOn(ask, nodes, holds)),
      isKeeping: keeps("switches"),
    });
  return rules;
}

/** A line for what all nodes have by each option, where there are several or it asks anything, and one for each count. */
function constraintRules(
  { nodes: { columns } }: PassTables,
  options: readonly MaskOption[],
  text: string,
  wantNodes: number,
  isKeeping: boolean,
  most: (countIn: (room: FreeRoom) => number) => number,
): readonly WaitRule[] {
  const written = parseConstraint(text);
  const has = (node: number, sets: MaskOption["each"]): boolean =>
    isMet(sets, columns.featureLo[node]!, columns.featureHi[node]!);
  return options.flatMap(({ each, counts }, i): WaitRule[] => {
    const option = written.ok ? written.value.options[i] : undefined;
    const line = (of: string, asked: number, sets: MaskOption["each"]): WaitRule => ({
      rule: "constraint",
      of,
      asked,
      most: most(({ nodes }) => nodes.filter((node) => has(node, each) && has(node, sets)).length),
      isKeeping,
    });
    const alone =
      option?.each === undefined ? "" : printConstraint({ options: [{ each: option.each, counts: [] }] });
    return [
      ...(alone === "" ? [] : [line(alone, wantNodes, each)]),
      ...counts.map(({ sets, count }, term) => {
        const counted = option?.counts[term];
        return line(counted === undefined ? "" : printFeatures(counted.expr), count, sets);
      }),
    ];
  });
}

/** In words, a sentence each; "" where there are none. */
export function rulesText(rules: readonly WaitRule[], needNodes: number, lapseS: number): string {
  if (rules.length === 0) return "";
  const parts: string[] = [];
  const nodes = needNodes === 1 ? "node" : "nodes";
  const alike = rules.filter(({ rule }) => rule === "constraint");
  if (alike.length > 0) {
    const list = alike.map(({ of, asked, most }) => `${most} with ${of} where ${asked} would do`).join(", ");
    parts.push(`It asks its nodes to be alike or counted by features; free are ${list}.`);
  }
  for (const { rule, of, most } of rules) {
    if (rule === "contiguous")
      parts.push(
        `It asks ${needNodes} ${nodes} next to each other; the longest row of free ones has ${most}.`,
      );
    if (rule === "switches")
      parts.push(
        `It asks ${needNodes} ${nodes} on ${of === "1" ? "one leaf switch" : `${of} leaf switches`} for ${lapseS} s more; at most ${most} of the free ones hang on so few.`,
      );
  }
  const keeping = [...new Set(rules.filter(({ isKeeping }) => isKeeping).map(({ rule }) => rule))];
  for (const rule of keeping) parts.push(`Without --${rule} the free nodes would do.`);
  return ` ${parts.join(" ")}`;
}
