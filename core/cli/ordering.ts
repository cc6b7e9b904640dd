/** Sort specifications of squeue and sinfo, `P,t,-p`: letters of fields, each up or, after a minus, down. Pure. */
import type { Field } from "./columns.ts";

export interface SortKey<Row> {
  readonly field: Field<Row>;
  readonly down: boolean;
}

export type SortSpec<Row> =
  | { readonly ok: true; readonly keys: readonly SortKey<Row>[] }
  | { readonly ok: false; readonly letter: string };

/**
 * Reads the letters; commas part them for the eye only. A `#` before a letter names the field with that letter and the
 * `#` where there is one (`#P`: partitions in the order of the configuration).
 */
export const parseSort = <Row>(text: string, fields: readonly Field<Row>[]): SortSpec<Row> => {
  const keys: SortKey<Row>[] = [];
  let down = false;
  let hash = false;
  for (const letter of text) {
    if (letter === "-") down = true;
    else if (letter === "#") hash = true;
    else if (letter !== "," && letter !== "+" && letter !== " ") {
      const marked = hash ? fields.find((one) => one.letter === `#${letter}`) : undefined;
      const field = marked ?? fields.find((one) => one.letter === letter);
      if (field === undefined) return { ok: false, letter };
      keys.push({ field, down });
      down = false;
      hash = false;
    }
  }
  return { ok: true, keys };
};

/** The rows in order; rows that are equal in every key stay in the order that they came in. */
export const sortRows = <Row>(rows: readonly Row[], keys: readonly SortKey<Row>[]): Row[] => {
  if (keys.length === 0) return [...rows];
  const keyed = rows.map((row) => ({
    row,
    values: keys.map(({ field }) => (field.order ?? field.value)(row)),
  }));
  keyed.sort((a, b) => {
    for (let i = 0; i < keys.length; i++) {
      const order = compare(a.values[i]!, b.values[i]!);
      if (order !== 0) return keys[i]!.down ? -order : order;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
};

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);
