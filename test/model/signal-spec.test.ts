import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseSignal,
  parseSignalSpec,
  printSignalSpec,
  type SignalSpec,
  signalName,
} from "../../core/model/signal-spec.ts";
import { anyText, expectAnswer, runs } from "./texts.ts";

const ALPHABET = ["B", "R", ":", "@", "USR1", "SIG", "KILL", "10", "64", "99999999999", "-", " "];

describe("a signal", () => {
  it.each([
    ["KILL", 9],
    ["SIGKILL", 9],
    ["sigterm", 15],
    ["usr1", 10],
    ["SIGUSR2", 12],
    ["9", 9],
    ["64", 64],
    ["CONT", 18],
    ["STOP", 19],
    ["TSTP", 20],
  ])("%s is %d", (text, signal) => {
    expect(parseSignal(text)).toEqual({ ok: true, value: signal });
  });

  it.each(["", "0", "65", "-9", "FOO", "SIG", "SIG9", "9x", "KILL ", "SIGSIGKILL", "K".repeat(60_000)])(
    "%.20j is refused",
    (text) => {
      expect(parseSignal(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
    },
  );

  it("has a name that reads back, or its number", () => {
    for (let signal = 1; signal <= 64; signal++)
      expect(parseSignal(signalName(signal))).toEqual({ ok: true, value: signal });
    expect([10, 15, 34].map(signalName)).toEqual(["USR1", "TERM", "34"]);
  });
});

describe("a signal before the time limit", () => {
  it.each<[string, SignalSpec]>([
    ["USR1", { signal: 10, beforeS: 60, batchOnly: false, reservation: false }],
    ["B:USR1@50", { signal: 10, beforeS: 50, batchOnly: true, reservation: false }],
    ["B:USR2@30", { signal: 12, beforeS: 30, batchOnly: true, reservation: false }],
    ["USR2@90", { signal: 12, beforeS: 90, batchOnly: false, reservation: false }],
    ["r:10@0", { signal: 10, beforeS: 0, batchOnly: false, reservation: true }],
    ["RB:SIGINT@65535", { signal: 2, beforeS: 65_535, batchOnly: true, reservation: true }],
  ])("%s is understood", (text, spec) => {
    expect(parseSignalSpec(text)).toEqual({ ok: true, value: spec });
  });

  it.each([
    "",
    "@60",
    "B:",
    "X:USR1",
    "BB:USR1",
    ":USR1",
    "USR1@",
    "USR1@x",
    "USR1@60s",
    "USR1@65536",
    "USR1@1@2",
    "0@60",
    "B:R:USR1",
  ])("%j is refused", (text) => {
    expect(parseSignalSpec(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });

  it("reads back as printed", () => {
    const anySpec = fc.record({
      signal: fc.integer({ min: 1, max: 64 }),
      beforeS: fc.integer({ min: 0, max: 65_535 }),
      batchOnly: fc.boolean(),
      reservation: fc.boolean(),
    });
    fc.assert(
      fc.property(anySpec, (spec) => {
        expect(parseSignalSpec(printSignalSpec(spec))).toEqual({ ok: true, value: spec });
      }),
      runs(300),
    );
  });

  it("gets an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => {
        expectAnswer(text, parseSignalSpec(text));
        expectAnswer(text, parseSignal(text));
      }),
      runs(400),
    );
  });
});
