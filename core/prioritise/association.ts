/** What accounts and the site say of a waiting row: the one place where it comes into priority. Pure. */
import { decayed } from "../state/decay.ts";
import type { PassTables, ShareColumns } from "../state/tables.ts";
import { fairTree } from "./fair-tree.ts";

/** Fair share of the row's user in its account, 0..1; 0 where there is no tree of shares, or he is not in it. */
export function fairshareOf(tables: PassTables, row: number): number {
  const { shares } = tables;
  if (shares === undefined) return 0;
  const association = tables.pending.columns.association[row]!;
  return association < 0 ? 0 : fairSharesAt(shares, tables.nowS)[association]!;
}

/** Fair share of each association at `nowS`; 0 for accounts and for those that were removed. Worked out once a tree. */
export function fairSharesAt(shares: ShareColumns, nowS: number): Float64Array {
  const known = KNOWN.get(shares);
  if (known !== undefined && known.nowS === nowS) return known.fair;
  const fair = new Float64Array(shares.count);
  const { tree, rows } = shareTree(shares, nowS);
  const found = fairTree(tree);
  rows.forEach((row, i) => {
    fair[row] = found[i]!;
  });
  KNOWN.set(shares, { nowS, fair });
  return fair;
}

/** The tree without removed associations, with the usage of each and of all below it; `rows` are its associations. */
export function shareTree(shares: ShareColumns, nowS: number) {
  const rows: number[] = [];
  const place = new Int32Array(shares.count).fill(-1);
  for (let row = 0; row < shares.count; row++)
    if (shares.isRemoved[row] === 0) place[row] = rows.push(row) - 1;
  const parent = Int32Array.from(rows, (row) => {
    const above = shares.parent[row]!;
    return above < 0 ? -1 : place[above]!;
  });
  const usage = new Float64Array(rows.length);
  rows.forEach((row, i) => {
    if (shares.isUser[row] === 0) return;
    const dtS = nowS - shares.sinceS[row]!;
    const own = decayed(shares.usage[row]!, shares.rate[row]!, dtS, shares.halfLifeS);
    for (let at = i; at >= 0; at = parent[at]!) usage[at]! += own;
  });
  const tree = {
    count: rows.length,
    parent,
    isUser: Uint8Array.from(rows, (row) => shares.isUser[row]!),
    shares: Int32Array.from(rows, (row) => shares.shares[row]!),
    usage,
  };
  return { tree, rows };
}

/** Priority of the row's association over the greatest, 0..1; 0 where it has none. */
export function assocFactorOf({ shares, pending }: PassTables, row: number): number {
  const association = pending.columns.association[row]!;
  return association < 0 ? 0 : (shares?.priority?.[association] ?? 0);
}

/** Points that an operator gave the row; 0 for none. */
export const siteFactorOf = ({ sitePoints, pending }: PassTables, row: number): number =>
  sitePoints?.get(pending.columns.jobId[row]!) ?? 0;

/** Of the trees that passes bring: each is asked of for every row. */
const KNOWN = new WeakMap<ShareColumns, { readonly nowS: number; readonly fair: Float64Array }>();
