/**
 * Running jobs by when their time limits end them: rows of the running-jobs table, ascending by end and then by job id.
 * Kept in order as jobs start, end and get other limits, in pieces, so that a change moves some hundred numbers however
 * many jobs run. An index: derived from the table, so never in a snapshot of the state.
 */
import type { RunningJobTable } from "./tables.ts";

/** Rows of one piece at most; a full one is cut in half. */
const MAX_PIECE = 512;

interface Piece {
  readonly rows: Int32Array;
  count: number;
}

export class EndOrder {
  private readonly table: RunningJobTable;
  /** In order; at least one, and none of several is empty. */
  private readonly pieces: Piece[] = [newPiece()];
  private count = 0;
  /** All pieces as one, when there are several and nothing has changed since. */
  private whole: Int32Array | undefined;

  constructor(table: RunningJobTable) {
    this.table = table;
  }

  /** The rows in order, live: valid until the next change. */
  used(): Int32Array {
    const [only] = this.pieces;
    if (this.pieces.length === 1) return only!.rows.subarray(0, only!.count);
    if (this.whole === undefined) {
      this.whole = new Int32Array(this.count);
      let offset = 0;
      for (const { rows, count } of this.pieces) {
        this.whole.set(rows.subarray(0, count), offset);
        offset += count;
      }
    }
    return this.whole;
  }

  /** Files a row that has just been written. */
  insert(row: number): void {
    let at = this.pieceOf(row);
    if (this.pieces[at]!.count === MAX_PIECE) {
      this.cut(at);
      at = this.pieceOf(row);
    }
    const piece = this.pieces[at]!;
    const place = this.placeIn(piece, row);
    if (place < piece.count) piece.rows.copyWithin(place + 1, place, piece.count);
    piece.rows[place] = row;
    piece.count++;
    this.count++;
    this.whole = undefined;
  }

  /** Takes a row out; its end and job id must still be those that it was filed by. */
  remove(row: number): void {
    const at = this.pieceOf(row);
    const piece = this.pieces[at]!;
    const place = this.placeIn(piece, row);
    if (place + 1 < piece.count) piece.rows.copyWithin(place, place + 1, piece.count);
    piece.count--;
    this.count--;
    this.whole = undefined;
    if (piece.count === 0 && this.pieces.length > 1) this.pieces.splice(at, 1);
  }

  /** The job of row `from` is about to be moved to row `to`; its columns are still in place. */
  move(from: number, to: number): void {
    const piece = this.pieces[this.pieceOf(from)]!;
    piece.rows[this.placeIn(piece, from)] = to;
    this.whole = undefined;
  }

  /** Sorts all rows of the table anew. */
  rebuild(): void {
    const { endS, jobId } = this.table.columns;
    const rows = Int32Array.from({ length: this.table.count }, (_, row) => row);
    rows.sort((a, b) => endS[a]! - endS[b]! || jobId[a]! - jobId[b]!);
    this.pieces.length = 0;
    for (let from = 0; from < rows.length; from += MAX_PIECE / 2) {
      const piece = newPiece();
      const part = rows.subarray(from, from + MAX_PIECE / 2);
      piece.rows.set(part);
      piece.count = part.length;
      this.pieces.push(piece);
    }
    if (this.pieces.length === 0) this.pieces.push(newPiece());
    this.count = rows.length;
    this.whole = undefined;
  }

  /** Cuts a full piece in half. */
  private cut(at: number): void {
    const piece = this.pieces[at]!;
    const second = newPiece();
    second.count = MAX_PIECE / 2;
    second.rows.set(piece.rows.subarray(MAX_PIECE / 2));
    piece.count = MAX_PIECE / 2;
    this.pieces.splice(at + 1, 0, second);
  }

  /** The piece that the row is in, or belongs in: the last that does not begin after it. */
  private pieceOf(row: number): number {
    let low = 0;
    for (let high = this.pieces.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (this.isBefore(row, this.pieces[middle]!.rows[0]!)) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  /** The place of the row among those in the piece, or where it belongs. */
  private placeIn(piece: Piece, row: number): number {
    let low = 0;
    for (let high = piece.count; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.isBefore(piece.rows[middle]!, row)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private isBefore(a: number, b: number): boolean {
    const { endS, jobId } = this.table.columns;
    return endS[a]! < endS[b]! || (endS[a] === endS[b] && jobId[a]! < jobId[b]!);
  }
}

const newPiece = (): Piece => ({ rows: new Int32Array(MAX_PIECE), count: 0 });
