import { expect, it } from "vitest";
import { Progress } from "../../core/simulate/progress.ts";

function shown(isTerminal: boolean, steps: readonly (readonly [number, number])[]): string {
  let text = "";
  let nowMs = 0;
  const write = (more: string): void => {
    text += more;
  };
  const progress = new Progress({ write, nowMs: () => nowMs, isTerminal }, "log.swf", 1000, "jobs ended");
  for (const [atMs, done] of steps) {
    nowMs = atMs;
    progress.to(done);
  }
  progress.end();
  return text;
}

it("a terminal is told how far it is and how long it will take, a few times a second, and the line goes away", () => {
  const text = shown(true, [
    [10, 1],
    [300, 50],
    [310, 60],
    [2000, 400],
  ]);
  expect(text).toBe(
    "\rlog.swf  50 of 1000 jobs ended\x1b[K\rlog.swf  400 of 1000 jobs ended, 40 %, about 3 s left\x1b[K\r\x1b[K",
  );
});

it("a file is told nothing", () => {
  expect(shown(false, [[5000, 500]])).toBe("");
});

it("a short replay shows nothing", () => {
  expect(shown(true, [[50, 1000]])).toBe("");
});
