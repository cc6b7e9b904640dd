/**
 * Associations: accounts, and users in accounts, with what each has used. A row is for ever; one that the configuration
 * no longer names is marked as removed. Only rows of users hold usage: an account's is the sum of those below it, made
 * when it is asked for, so that a job's start and end write one row. Changed by the reducer alone.
 */
import { type AccountSpec, type LimitSet, ROOT_ACCOUNT } from "../model/account.ts";
import { TRES } from "../model/tres.ts";
import { decayed } from "./decay.ts";
import { Table } from "./table.ts";
import { MAX_GRES_DIMENSIONS } from "./tables.ts";

export const TRES_PLACES = TRES.GRES + MAX_GRES_DIMENSIONS;

/** One row an association; row 0 is the root. */
export const ASSOCIATION_LAYOUT = {
  /** Row of the account above; -1 for the root. */
  parent: { type: "i32", planes: 1 },
  shares: { type: "i32", planes: 1 },
  isUser: { type: "u8", planes: 1 },
  isRemoved: { type: "u8", planes: 1 },
  /** Running jobs. */
  running: { type: "i32", planes: 1 },
  /** Epoch seconds for which `usage` is true. */
  sinceS: { type: "u32", planes: 1 },
  /** TRES seconds, decayed; plane = place of the TRES. */
  usage: { type: "f64", planes: TRES_PLACES },
  /** What its running jobs add each second. */
  rate: { type: "f64", planes: TRES_PLACES },
} as const;

export type AssociationTable = Table<typeof ASSOCIATION_LAYOUT>;

export interface AssociationName {
  readonly account: string;
  /** "" for the account itself. */
  readonly user: string;
}

export class AssociationBook {
  readonly table: AssociationTable = new Table(ASSOCIATION_LAYOUT);
  /** By row. */
  readonly names: AssociationName[] = [];
  /** By row: as configured; nothing for users who came in through an open account. */
  readonly limits: LimitSet[] = [];
  /** By row: QOS that may be asked for; undefined for those of the account above. */
  readonly qos: (readonly string[] | undefined)[] = [];
  /** By row: what was configured; undefined for that of the account above. */
  readonly priorities: (number | undefined)[] = [];
  halfLifeS = 0;
  /** What `factors` gave last. */
  private made: { readonly count: number; readonly factors: Float64Array | undefined } | undefined;
  private readonly rowOf = new Map<string, number>();
  private readonly othersShares = new Map<string, number>();

  /** Whether the site has configured accounts. */
  get isUsed(): boolean {
    return this.table.count > 0;
  }

  /** Takes over a configuration; parents are listed or are the root, without cycles. None at all: nothing is kept. */
  configure(accounts: readonly AccountSpec[], halfLifeS: number, atS: number): void {
    for (let row = 0; row < this.table.count; row++) this.settle(row, atS);
    this.halfLifeS = halfLifeS;
    this.made = undefined;
    if (accounts.length === 0 && !this.isUsed) return;
    this.table.columns.isRemoved.fill(1, 0, this.table.count);
    this.othersShares.clear();
    const root = this.add({ account: ROOT_ACCOUNT, user: "" });
    this.write(root, -1, 1, {}, undefined, false);
    // Rows first, since an account may be listed before the one above it.
    for (const { name } of accounts) this.add({ account: name, user: "" });
    for (const account of accounts) this.writeAccount(account);
    this.keepGuests();
  }

  /** Row of a user in an account, or of the account when `user` is ""; -1 when there is none or it was removed. */
  find(account: string, user: string): number {
    const row = this.rowOf.get(keyOf(account, user));
    return row === undefined || this.table.columns.isRemoved[row] === 1 ? -1 : row;
  }

  /** Whether a user may use an account: named in it, or it is open. */
  admits(account: string, user: string): boolean {
    return this.find(account, user) >= 0 || (this.find(account, "") >= 0 && this.sharesOfOthers(account) > 0);
  }

  /** The row of a user in an account, made now when he comes in through an open one; -1 when he may not use it. */
  enter(account: string, user: string, atS: number): number {
    const known = this.find(account, user);
    if (known >= 0 || !this.admits(account, user)) return known;
    const row = this.add({ account, user });
    this.write(row, this.find(account, ""), this.sharesOfOthers(account), {}, undefined, true);
    this.table.columns.sinceS[row] = atS;
    return row;
  }

  /** A job of the association has begun to use `amounts` (by TRES place), each counted `factor` times. */
  start(row: number, amounts: ArrayLike<number>, factor: number, atS: number): void {
    this.settle(row, atS);
    this.table.columns.running[row]!++;
    this.addRate(row, amounts, factor);
  }

  /** The job has ended; `amounts` and `factor` are those that it started with. */
  end(row: number, amounts: ArrayLike<number>, factor: number, atS: number): void {
    this.settle(row, atS);
    const { columns, capacity } = this.table;
    columns.running[row]!--;
    this.addRate(row, amounts, -factor);
    // Fractions that were added and taken away again may leave a trace.
    if (columns.running[row] === 0)
      for (let place = 0; place < TRES_PLACES; place++) columns.rate[place * capacity + row] = 0;
  }

  /** Forgets all usage, as at the end of a site's accounting period. */
  reset(atS: number): void {
    const { columns, capacity, count } = this.table;
    for (let place = 0; place < TRES_PLACES; place++)
      columns.usage.fill(0, place * capacity, place * capacity + count);
    columns.sinceS.fill(atS, 0, count);
  }

  /** By row: priority over the greatest of all, 0..1; undefined where no association has one. */
  factors(): Float64Array | undefined {
    const { count } = this.table;
    if (this.made?.count !== count) this.made = { count, factors: this.makeFactors() };
    return this.made.factors;
  }

  /** What the table does not hold, for a snapshot. */
  rows(): Parameters<AssociationBook["restore"]>[0] {
    return {
      names: this.names,
      limits: this.limits,
      qos: this.qos.map((qos) => qos ?? null),
      others: [...this.othersShares].sort(([a], [b]) => (a < b ? -1 : 1)),
      halfLifeS: this.halfLifeS,
      ...(this.priorities.some((priority) => priority !== undefined)
        ? { priorities: this.priorities.map((priority) => priority ?? null) }
        : {}),
    };
  }

  /** Takes over the rows of a snapshot, whose table has been restored. */
  restore(rows: {
    readonly names: readonly AssociationName[];
    readonly limits: readonly LimitSet[];
    readonly qos: readonly (readonly string[] | null)[];
    readonly others: readonly (readonly [string, number])[];
    readonly halfLifeS: number;
    /** Absent where no association has one. */
    readonly priorities?: readonly (number | null)[];
  }): void {
    rows.names.forEach((name, row) => {
      this.names[row] = name;
      this.rowOf.set(keyOf(name.account, name.user), row);
      this.limits[row] = rows.limits[row] ?? {};
      this.qos[row] = rows.qos[row] ?? undefined;
      this.priorities[row] = rows.priorities?.[row] ?? undefined;
    });
    for (const [account, shares] of rows.others) this.othersShares.set(account, shares);
    this.halfLifeS = rows.halfLifeS;
  }

  private makeFactors(): Float64Array | undefined {
    const { columns, count } = this.table;
    const top = this.priorities.reduce<number>((most, priority = 0) => Math.max(most, priority), 0);
    if (top === 0) return undefined;
    return Float64Array.from({ length: count }, (_, row) => {
      for (let at = row; at >= 0; at = columns.parent[at]!)
        if (this.priorities[at] !== undefined) return this.priorities[at]! / top;
      return 0;
    });
  }

  private writeAccount(account: AccountSpec): void {
    const row = this.add({ account: account.name, user: "" });
    const parent = this.add({ account: account.parent, user: "" });
    this.write(row, parent, account.shares, account.limits, account.qos, false);
    this.priorities[row] = account.priority;
    if (account.othersShares > 0) this.othersShares.set(account.name, account.othersShares);
    for (const user of account.users) {
      const userRow = this.add({ account: account.name, user: user.name });
      this.write(userRow, row, user.shares, user.limits, user.qos, true);
      this.priorities[userRow] = user.priority;
    }
  }

  /** Users who came in through an account that is still open stay in it. */
  private keepGuests(): void {
    const { isRemoved, isUser } = this.table.columns;
    for (let row = 0; row < this.table.count; row++) {
      if (isRemoved[row] === 0 || isUser[row] === 0) continue;
      const { account } = this.names[row]!;
      const shares = this.sharesOfOthers(account);
      if (shares > 0) this.write(row, this.find(account, ""), shares, {}, undefined, true);
    }
  }

  private add(name: AssociationName): number {
    const key = keyOf(name.account, name.user);
    const known = this.rowOf.get(key);
    if (known !== undefined) return known;
    const row = this.table.addRow();
    this.rowOf.set(key, row);
    this.names[row] = name;
    this.limits[row] = {};
    this.qos[row] = undefined;
    this.priorities[row] = undefined;
    this.table.columns.isRemoved[row] = 1;
    return row;
  }

  private write(
    row: number,
    parent: number,
    shares: number,
    limits: LimitSet,
    qos: readonly string[] | undefined,
    isUser: boolean,
  ): void {
    const { columns } = this.table;
    columns.parent[row] = parent;
    columns.shares[row] = shares;
    columns.isUser[row] = isUser ? 1 : 0;
    columns.isRemoved[row] = 0;
    this.limits[row] = limits;
    this.qos[row] = qos;
  }

  private sharesOfOthers(account: string): number {
    return this.othersShares.get(account) ?? 0;
  }

  private settle(row: number, atS: number): void {
    const { columns, capacity } = this.table;
    const dtS = atS - columns.sinceS[row]!;
    if (dtS <= 0) return;
    for (let at = row; at < TRES_PLACES * capacity; at += capacity) {
      const usage = columns.usage[at]!;
      const rate = columns.rate[at]!;
      if (usage !== 0 || rate !== 0) columns.usage[at] = decayed(usage, rate, dtS, this.halfLifeS);
    }
    columns.sinceS[row] = atS;
  }

  private addRate(row: number, amounts: ArrayLike<number>, factor: number): void {
    const { columns, capacity } = this.table;
    for (let place = 0; place < TRES_PLACES; place++) {
      const amount = amounts[place]!;
      if (amount !== 0) columns.rate[place * capacity + row]! += amount * factor;
    }
  }
}

/**
 * Usage of one TRES at `nowS` by row: that of users, and of accounts the sum of all below them. TRES seconds, decayed.
 */
export function usageOf(
  table: AssociationTable,
  place: number,
  nowS: number,
  halfLifeS: number,
): Float64Array {
  const { columns, capacity, count } = table;
  const usage = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    if (columns.isUser[row] === 0) continue;
    const at = place * capacity + row;
    const dtS = nowS - columns.sinceS[row]!;
    const own = decayed(columns.usage[at]!, columns.rate[at]!, dtS, halfLifeS);
    if (own === 0) continue;
    for (let above = row; above >= 0; above = columns.parent[above]!) usage[above]! += own;
  }
  return usage;
}

/** A user's name cannot hold a NUL, nor can an account's. */
const keyOf = (account: string, user: string): string => `${account}\0${user}`;
