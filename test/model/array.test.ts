import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayStep, MAX_TASK_ID, parseArray, printArray, printArrayDisplay } from "../../core/model/array.ts";
import { anyText, expectAnswer, must, runs } from "./texts.ts";

const ALPHABET = ["0", "1", "7", "99", "1000000", "99999999999", "-", ",", ":", "%", "[", "]", " ", "0-1000"];

const tasksOf = (text: string): number[] => Array.from(must(parseArray(text)).tasks);
const everySecond = (last: number): number[] => Array.from({ length: last / 2 + 1 }, (_, i) => i * 2);

describe("an array", () => {
  it.each<[string, number[], number]>([
    ["0", [0], 0],
    ["0-3", [0, 1, 2, 3], 0],
    ["0-3%2", [0, 1, 2, 3], 2],
    ["1,3,5", [1, 3, 5], 0],
    ["5,1,3,1-2", [1, 2, 3, 5], 0],
    ["0-8:2", [0, 2, 4, 6, 8], 0],
    ["0-9:4", [0, 4, 8], 0],
    ["1-3,10-12%1", [1, 2, 3, 10, 11, 12], 1],
    ["7-7", [7], 0],
    ["007", [7], 0],
    ["0-3%0", [0, 1, 2, 3], 0],
    ["[2-3%2]", [2, 3], 2],
    ["[2-3]%2", [2, 3], 2],
    ["[2-3]", [2, 3], 0],
    ["1000000", [1_000_000], 0],
  ])("%s is understood", (text, tasks, throttle) => {
    const spec = must(parseArray(text));
    expect(Array.from(spec.tasks)).toEqual(tasks);
    expect(spec.throttle).toBe(throttle);
    expect(spec.text).toBe(text);
  });

  it.each([
    "",
    "a",
    "-1",
    "1-",
    "3-1",
    "1,,2",
    ",1",
    "1,",
    "0-8:0",
    "0-8:",
    "0-8:2:2",
    "4:2",
    "0-3%",
    "0-3%x",
    "0-3%2%2",
    "0-3%2,5",
    "[1-3",
    "1-3]",
    "[]",
    "[1-3]x",
    "[1-3%2]%2",
    "[1-3]%",
    "1 2",
    "1.5",
    "1000001",
    "0-1000000",
    "99999999999999999999",
  ])("%j is refused", (text) => {
    expect(parseArray(text)).toMatchObject({ ok: false, code: "INVALID_ARRAY" });
  });

  it("is held to the limits that the caller names", () => {
    expect(parseArray("0-99999", 1000, 1001)).toMatchObject({
      ok: false,
      message: expect.stringContaining("above 1000"),
    });
    expect(parseArray("0-1000", 1000, 1001).ok).toBe(true);
    expect(parseArray("0-10", 1000, 10)).toMatchObject({
      ok: false,
      message: expect.stringContaining("more than 10"),
    });
    expect(parseArray("4200000", 2 ** 52)).toMatchObject({ ok: false });
  });

  it("may name a task twice, but not without end", () => {
    expect(tasksOf("0-3,0-3")).toEqual([0, 1, 2, 3]);
    expect(parseArray(Array(8000).fill("0-99999").join(","))).toMatchObject({ ok: false });
  });

  it("has the step that was written", () => {
    expect(["0-3", "0-8:2", "1,3,5", "1,4-10:3%2"].map((text) => arrayStep(must(parseArray(text))))).toEqual([
      1, 2, 1, 3,
    ]);
  });

  it("reads back as printed", () => {
    const anyTasks = fc
      .uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 })
      .map((tasks) => tasks.sort((a, b) => a - b));
    const stepped = fc
      .tuple(
        fc.integer({ min: 0, max: 9000 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 60 }),
      )
      .map(([first, step, count]) => Array.from({ length: count }, (_, i) => first + i * step));
    fc.assert(
      fc.property(fc.oneof(anyTasks, stepped), fc.integer({ min: 0, max: 99 }), (tasks, throttle) => {
        const spec = must(parseArray(printArray(tasks, throttle)));
        expect(Array.from(spec.tasks)).toEqual(tasks);
        expect(spec.throttle).toBe(throttle);
        expect(Array.from(must(parseArray(`[${printArray(tasks, throttle)}]`)).tasks)).toEqual(tasks);
      }),
      runs(300),
    );
  });
});

describe("printing an array", () => {
  it.each([
    [[0, 1, 2, 3], 0, "0-3"],
    [[1, 3, 5], 0, "1,3,5"],
    [[0, 1, 5, 6, 7, 9], 3, "0-1,5-7,9%3"],
    [everySecond(10), 0, "0,2,4,6,8,10"],
    [everySecond(12), 0, "0-12:2"],
    [everySecond(12), 4, "0-12:2%4"],
    [[3, 6, 9, 10, 12, 15, 18], 2, "3,6,9-10,12,15,18%2"],
    [[0, 20], 0, "0-20:20"],
    [[4], 0, "4"],
  ])("%j with throttle %d", (tasks, throttle, text) => {
    expect(printArray(tasks, throttle)).toBe(text);
  });

  it("takes typed arrays as well", () => {
    expect(printArray(Int32Array.of(2, 3), 2)).toBe("2-3%2");
  });

  it("shows the waiting rest of an array in brackets", () => {
    expect(printArrayDisplay(2, [2, 3], 2)).toBe("2_[2-3%2]");
    expect(printArrayDisplay(2, [1], 0)).toBe("2_[1]");
  });

  it("cuts a long list where Slurm cuts it, throttle kept", () => {
    const uneven = [...everySecond(50).filter((n) => n !== 0), 51];
    const list = "2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50-51";
    expect(printArrayDisplay(7, uneven, 0)).toBe(`7_[${list.slice(0, 60)}...]`);
    expect(printArrayDisplay(7, uneven, 9)).toBe(`7_[${list.slice(0, 60)}...%9]`);
    expect(printArrayDisplay(7, uneven, 0, 0)).toBe(`7_[${list}]`);
    expect(printArrayDisplay(7, [1, 5, 9, 11, 14, 15, 30], 3, 12)).toBe("7_[1,5,9,11...%3]");
  });

  it("never spends more bytes on the list than it was given", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 9999 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 16, max: 80 }),
        (tasks, bytes) => {
          const display = printArrayDisplay(
            1,
            tasks.sort((a, b) => a - b),
            0,
            bytes,
          );
          expect(display.length - "1_[]".length).toBeLessThan(bytes);
          expect(display.endsWith("]")).toBe(true);
        },
      ),
      runs(200),
    );
  });
});

describe("any text", () => {
  it("gets an answer", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, parseArray(text))),
      runs(400),
    );
  });

  it("stands for no more tasks than allowed", () => {
    expect(parseArray(`0-${MAX_TASK_ID}:1`)).toMatchObject({ ok: false });
    expect(must(parseArray("0-100000")).tasks.length).toBe(100_001);
  });
});
