import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ColumnReader, ColumnWriter, wholeBytes } from "../../../core/simulate/report/byte-columns.ts";
import { embeddedJson, escapeHtml } from "../../../core/simulate/report/html.ts";
import { layBars } from "../../../core/simulate/report/page/bars.ts";
import type { GanttJobs } from "../../../core/simulate/report/page/gantt-jobs.ts";
import { useRaster } from "../../../core/simulate/report/page/use-raster.ts";
import { ViewWindow } from "../../../core/simulate/report/page/view-window.ts";
import { durationText, linearTicks, timeUnit } from "../../../core/simulate/report/scale.ts";

describe("columns of numbers", () => {
  it("are read as they were written", () => {
    const numbers = fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), { maxLength: 3000 });
    fc.assert(
      fc.property(numbers, (values) => {
        const writer = new ColumnWriter();
        for (const value of values) {
          writer.signed(value);
          writer.whole(Math.abs(value));
        }
        const reader = new ColumnReader(writer.bytes());
        for (const value of values) {
          expect(reader.signed()).toBe(value);
          expect(reader.whole()).toBe(Math.abs(value));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("take a byte for each 7 bits", () => {
    for (const [value, bytes] of [
      [0, 1],
      [127, 1],
      [128, 2],
      [16_383, 2],
      [16_384, 3],
      [2 ** 53 - 1, 8],
    ] as const) {
      const writer = new ColumnWriter();
      writer.whole(value);
      expect(writer.bytes()).toHaveLength(bytes);
      expect(wholeBytes(value)).toBe(bytes);
    }
  });
});

describe("text from outside", () => {
  it("can begin and end no element, attribute or script", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."<>&\"'/!-aA;# \n\u0000\u2028\u00e9") }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
        expect(embeddedJson({ text })).not.toContain("<");
        expect(JSON.parse(embeddedJson({ text }))).toEqual({ text });
      }),
    );
  });
});

describe("axes", () => {
  it("have round ticks within the axis, with as many digits as they need", () => {
    expect(linearTicks(0, 105, 4).map(({ label }) => label)).toEqual(["0", "50", "100"]);
    expect(linearTicks(0, 1, 4).map(({ label }) => label)).toEqual(["0.0", "0.5", "1.0"]);
    expect(linearTicks(0, 10_000, 5).map(({ label }) => label)[1]).toBe("2\u202f000");
    expect(linearTicks(1999.2, 2003.1, 30, 1).map(({ value }) => value)).toEqual([2000, 2001, 2002, 2003]);
  });

  it("are in the largest unit of which there are a few", () => {
    expect(timeUnit(2 * 86_400).name).toBe("hours");
    expect(timeUnit(4 * 86_400).name).toBe("days");
    expect(timeUnit(1).name).toBe("seconds");
  });

  it("say durations in two units at most", () => {
    const texts = [0, 0.25, 59, 60, 125, 3600, 7500, 86_400, 100_000, Number.NaN].map(durationText);
    expect(texts.map((text) => text.replaceAll("\u202f", " "))).toEqual([
      "0 s",
      "0.3 s",
      "59 s",
      "1 min",
      "2 min 5 s",
      "1 h",
      "2 h 5 min",
      "1 d",
      "1 d 3 h",
      "\u2013",
    ]);
  });
});

describe("the window of what is shown", () => {
  it("stays within the whole, keeps the point under the pointer, and goes back to all", () => {
    const steps = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 5, noNaN: true }),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (zooms) => {
        const shown = new ViewWindow(100, 5000);
        for (const [x, y, factor] of zooms) {
          const atS = shown.fromS + (shown.toS - shown.fromS) * x;
          shown.zoom(x, y, factor, factor);
          if (factor < 1) expect(shown.fromS + (shown.toS - shown.fromS) * x).toBeCloseTo(atS, 3);
          shown.pan(x - 0.5, y - 0.5);
          expect(shown.fromS).toBeGreaterThanOrEqual(100);
          expect(shown.toS).toBeLessThanOrEqual(5000 + 1e-6);
          expect(shown.top).toBeGreaterThanOrEqual(0);
          expect(shown.bottom).toBeLessThanOrEqual(1 + 1e-9);
          expect(shown.toS).toBeGreaterThan(shown.fromS);
        }
        shown.reset();
        expect([shown.fromS, shown.toS, shown.top, shown.bottom]).toEqual([100, 5000, 0, 1]);
      }),
    );
  });
});

interface ToyJob {
  readonly startS: number;
  readonly runS: number;
  readonly node: number;
  readonly nodes?: number;
  readonly cpus: number;
}

function jobsOf(list: readonly ToyJob[]): GanttJobs {
  const column = (of: (job: ToyJob) => number) => Float64Array.from(list, of);
  return {
    count: list.length,
    startS: column(({ startS }) => startS),
    waitS: column(() => 0),
    runS: column(({ runS }) => runS),
    id: column(() => 1),
    user: column(() => -1),
    timeLimitS: column(() => 100),
    cpus: column(({ cpus, nodes = 1 }) => cpus * nodes),
    gpus: column(() => 0),
    sizeClass: column(() => 0),
    offset: Int32Array.from({ length: list.length + 1 }, (_, i) => i),
    first: Int32Array.from(list, ({ node }) => node),
    last: Int32Array.from(list, ({ node, nodes = 1 }) => node + nodes - 1),
    nodes: Int32Array.from(list, ({ nodes = 1 }) => nodes),
  };
}

const FOUR = { nodes: 4, cpus: 32, gpus: 0 };

describe("bars", () => {
  it("of jobs that share a node lie below each other, and take the place of those that ended", () => {
    const jobs = jobsOf([
      { startS: 0, runS: 10, node: 1, cpus: 2 },
      { startS: 0, runS: 20, node: 1, cpus: 4 },
      { startS: 10, runS: 5, node: 1, cpus: 2 },
      { startS: 20, runS: 5, node: 0, nodes: 4, cpus: 8 },
    ]);
    const { top, bottom } = layBars(jobs, FOUR);
    expect([...top]).toEqual([1, 1.25, 1, 0]);
    expect([...bottom]).toEqual([1.25, 1.75, 1.25, 4]);
  });

  it("of a job come in pieces where no room is in one, and never over another's while there is room", () => {
    const jobs = jobsOf([
      { startS: 0, runS: 99, node: 0, cpus: 2 },
      { startS: 0, runS: 5, node: 0, cpus: 2 },
      { startS: 0, runS: 99, node: 0, cpus: 2 },
      { startS: 5, runS: 9, node: 0, cpus: 4 },
    ]);
    const { job, top, bottom } = layBars(jobs, FOUR);
    expect([...job]).toEqual([0, 1, 2, 3, 3]);
    expect([...top].slice(3)).toEqual([0.25, 0.75]);
    expect([...bottom].slice(3)).toEqual([0.5, 1]);
  });
});

describe("the shaded picture", () => {
  it("has as much use in it as the jobs have, however small they and the cells are", () => {
    const list = fc.array(
      fc.record({
        startS: fc.integer({ min: 0, max: 90 }),
        runS: fc.integer({ min: 1, max: 10 }),
        node: fc.constant(0),
        cpus: fc.constant(1),
      }),
      { minLength: 1, maxLength: 1 },
    );
    const places = fc.array(list, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        places,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (lists, width, height) => {
          const jobs = jobsOf(
            lists.map(([job], node) => ({ ...job!, node })).sort((a, b) => a.startS - b.startS),
          );
          const view = { fromS: 0, toS: 100, top: 0, bottom: 4 };
          const use = useRaster(jobs, layBars(jobs, FOUR), view, width, height);
          const cell = (100 / width) * (4 / height);
          const drawn = use.reduce((sum, share) => sum + share * cell, 0);
          const worked = jobs.runS.reduce((sum, runS) => sum + runS / 8, 0);
          expect(drawn).toBeCloseTo(worked, 3);
        },
      ),
    );
  });

  it("is full where whole nodes work, and empty elsewhere", () => {
    const jobs = jobsOf([{ startS: 50, runS: 50, node: 2, nodes: 2, cpus: 8 }]);
    const view = { fromS: 0, toS: 100, top: 0, bottom: 4 };
    expect([...useRaster(jobs, layBars(jobs, FOUR), view, 2, 2)]).toEqual([0, 0, 0, 1]);
  });
});
