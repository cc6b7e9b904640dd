/**
 * The order of the queue, kept from pass to pass: partition tier first, then priority, then job id. What changed is
 * taken out and put in where it belongs; the whole is sorted anew only when much has changed. Pure.
 */
import { enlarged } from "./columns.ts";
import { RadixSorter, writeDescendingKeys } from "./radix.ts";

/** From so many rows on, sorting by digits beats insertion. */
const INSERTION_MAX = 48;
/** More than one in so many rows to put in: sort all anew. */
const MERGE_SHARE = 8;

export class QueueOrder {
  /** By pending row, set by the owner before `repair`: complement of the tier, so that ascending is the greatest first. */
  tier = new Uint32Array(0);
  jobId = new Uint32Array(0);
  priority = new Float64Array(0);
  #rows = new Int32Array(0);
  #newcomers = new Int32Array(0);
  #low = new Uint32Array(0);
  #high = new Uint32Array(0);
  #view = new Int32Array(0);
  readonly #sorter = new RadixSorter();

  /** Makes room; the order stays. */
  grow(capacity: number): void {
    this.tier = enlarged(this.tier, new Uint32Array(capacity));
    this.jobId = enlarged(this.jobId, new Uint32Array(capacity));
    this.priority = enlarged(this.priority, new Float64Array(capacity));
    const rows = new Int32Array(capacity);
    rows.set(this.#view);
    this.#rows = rows;
    this.#view = rows.subarray(0, this.#view.length);
    this.#newcomers = new Int32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#high = new Uint32Array(capacity);
  }

  /** Rows in the order to plan them. */
  get rows(): Int32Array {
    return this.#view;
  }

  /**
   * Brings the order up to date with `count` rows in the table: rows with a mark are taken out, and those of the first
   * `changedCount` in `changed` that are eligible (reason 0) are put in. `isRescored` says that the priorities of other
   * rows may be other ones too.
   */
  repair(
    count: number,
    mark: Uint8Array,
    changed: Int32Array,
    changedCount: number,
    reason: Uint8Array,
    isRescored: boolean,
  ): void {
    let kept = this.#keep(count, mark);
    const newcomers = this.#newcomers;
    let joining = 0;
    for (let i = 0; i < changedCount; i++) if (reason[changed[i]!] === 0) newcomers[joining++] = changed[i]!;
    const eligible = kept + joining;
    if (isRescored) {
      if (eligible <= INSERTION_MAX) this.#insert(this.#rows, kept);
      else kept = this.#pull(kept, joining);
      joining = eligible - kept;
    }
    if (joining > INSERTION_MAX && joining > kept / MERGE_SHARE) {
      this.#rows.set(newcomers.subarray(0, joining), kept);
      this.#sort(this.#rows, eligible);
    } else if (joining > 0) {
      this.#sort(newcomers, joining);
      this.#merge(kept, joining);
    }
    if (this.#view.length !== eligible) this.#view = this.#rows.subarray(0, eligible);
  }

  /** Closes the gaps of the rows that left or changed; gives how many stay. */
  #keep(count: number, mark: Uint8Array): number {
    const rows = this.#rows;
    const before = this.#view.length;
    let kept = 0;
    for (let i = 0; i < before; i++) {
      const row = rows[i]!;
      if (row < count && mark[row] === 0) rows[kept++] = row;
    }
    return kept;
  }

  /**
   * Leaves rows that are in order and puts the others, which are few when the order was right in the last pass, behind
   * the newcomers; gives how many stay. Of two rows in the wrong order the one goes that does not fit the row before.
   */
  #pull(count: number, joining: number): number {
    const rows = this.#rows;
    const newcomers = this.#newcomers;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (kept > 0 && this.#isBefore(row, rows[kept - 1]!)) {
        if (kept > 1 && this.#isBefore(row, rows[kept - 2]!)) {
          newcomers[joining++] = row;
          continue;
        }
        newcomers[joining++] = rows[--kept]!;
      }
      rows[kept++] = row;
    }
    return kept;
  }

  #sort(rows: Int32Array, count: number): void {
    if (count <= INSERTION_MAX) {
      this.#insert(rows, count);
      return;
    }
    writeDescendingKeys(this.priority, rows, count, this.#low, this.#high);
    for (const keys of [this.jobId, this.#low, this.#high, this.tier]) this.#sorter.sort(rows, count, keys);
  }

  #insert(rows: Int32Array, count: number): void {
    for (let i = 1; i < count; i++) {
      const row = rows[i]!;
      let at = i;
      while (at > 0 && this.#isBefore(row, rows[at - 1]!)) {
        rows[at] = rows[at - 1]!;
        at--;
      }
      rows[at] = row;
    }
  }

  /** Puts the sorted newcomers between the first `kept` rows, the last one first; each row moves at most once. */
  #merge(kept: number, joining: number): void {
    const rows = this.#rows;
    let end = kept;
    for (let i = joining - 1; i >= 0; i--) {
      const row = this.#newcomers[i]!;
      let low = 0;
      let high = end;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (this.#isBefore(row, rows[middle]!)) high = middle;
        else low = middle + 1;
      }
      if (low < end) rows.copyWithin(low + i + 1, low, end);
      rows[low + i] = row;
      end = low;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const { tier, priority, jobId } = this;
    if (tier[a] !== tier[b]) return tier[a]! < tier[b]!;
    if (priority[a] !== priority[b]) return priority[a]! > priority[b]!;
    return jobId[a]! < jobId[b]!;
  }
}
