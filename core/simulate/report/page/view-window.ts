/**
 * Which part of time and of the nodes all the pictures of the page show; the same in each, so that runs compare. Nodes
 * are counted as a share of all, 0 to 1, since runs may have clusters of different sizes.
 */

/** Least part of the whole that can be looked at. */
const MIN_TIME_SHARE = 1e-6;
const MIN_ROW_SHARE = 1e-5;

export class ViewWindow {
  readonly wholeFromS: number;
  readonly wholeToS: number;
  fromS: number;
  toS: number;
  top = 0;
  bottom = 1;

  constructor(fromS: number, toS: number) {
    this.wholeFromS = fromS;
    this.wholeToS = toS;
    this.fromS = fromS;
    this.toS = toS;
  }

  reset(): void {
    this.fromS = this.wholeFromS;
    this.toS = this.wholeToS;
    this.top = 0;
    this.bottom = 1;
  }

  /** Keeps the point at these shares of the picture where it is; a factor below 1 shows less. */
  zoom(atX: number, atY: number, timeFactor: number, rowFactor: number): void {
    const whole = this.wholeToS - this.wholeFromS;
    const span = limited((this.toS - this.fromS) * timeFactor, whole * MIN_TIME_SHARE, whole);
    const atS = this.fromS + (this.toS - this.fromS) * atX;
    this.#showTime(atS - span * atX, span);
    const rows = limited((this.bottom - this.top) * rowFactor, MIN_ROW_SHARE, 1);
    const row = this.top + (this.bottom - this.top) * atY;
    this.#showRows(row - rows * atY, rows);
  }

  /** Moves by shares of what is shown. */
  pan(x: number, y: number): void {
    const span = this.toS - this.fromS;
    this.#showTime(this.fromS + span * x, span);
    const rows = this.bottom - this.top;
    this.#showRows(this.top + rows * y, rows);
  }

  #showTime(fromS: number, span: number): void {
    this.fromS = limited(fromS, this.wholeFromS, this.wholeToS - span);
    this.toS = this.fromS + span;
  }

  #showRows(top: number, rows: number): void {
    this.top = limited(top, 0, 1 - rows);
    this.bottom = this.top + rows;
  }
}

const limited = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);
