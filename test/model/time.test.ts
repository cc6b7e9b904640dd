import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MAX_TIME_S,
  parseDuration,
  parseTimeLimit,
  printDuration,
  printDurationLong,
  printDurationShort,
  printDurationSinfo,
  printTimestamp,
  roundUpToMinuteS,
  UNLIMITED_S,
} from "../../core/model/time.ts";
import { anyText, expectAnswer, runs } from "./texts.ts";

const ALPHABET = [
  "0",
  "1",
  "59",
  "99999999999",
  ":",
  "-",
  "d",
  "h",
  "m",
  "s",
  "w",
  "+",
  " ",
  "INFINITE",
  ".",
];
const anySeconds = fc.oneof(fc.integer({ min: 0, max: MAX_TIME_S }), fc.integer({ min: 0, max: 200_000 }));

describe("a time limit", () => {
  it.each([
    ["0", 0],
    ["1", 60],
    ["90", 5400],
    ["0:30", 30],
    ["1:30", 90],
    ["120:00", 7200],
    ["1:02:03", 3723],
    ["72:00:00", 259_200],
    ["0:90:00", 5400],
    ["1-0", 86_400],
    ["2-12", 216_000],
    ["1-2:03", 93_780],
    ["1-02:03:04", 93_784],
    ["-1", UNLIMITED_S],
    ["INFINITE", UNLIMITED_S],
    ["unlimited", UNLIMITED_S],
    ["35791394", 2_147_483_640],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseTimeLimit(text)).toEqual({ ok: true, value: seconds });
  });

  it.each([
    "",
    "1:2:3:4",
    "abc",
    "1:",
    ":1",
    "1::2",
    "-",
    "-2",
    "1-",
    "-1:00",
    "1-2-3",
    "1:2-3",
    "1.5",
    "+5",
    " 5",
    "5 ",
  ])("%j is refused", (text) => {
    expect(parseTimeLimit(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });

  it.each(["35791395", "99999999999999999999", "99999-0", "9".repeat(60_000)])(
    "beyond 2^31 - 2 seconds is refused: %.30s",
    (text) => {
      expect(parseTimeLimit(text)).toMatchObject({
        ok: false,
        message: expect.stringContaining("longer than"),
      });
    },
  );

  it("that is refused says which forms are right, and where it went wrong", () => {
    expect(parseTimeLimit("1:2:3:4")).toMatchObject({
      at: 5,
      message: expect.stringContaining("D-H:M:S or UNLIMITED"),
    });
  });

  it("is rounded up to whole minutes on request, without leaving 32 bits", () => {
    expect([0, 1, 60, 61, UNLIMITED_S, MAX_TIME_S].map(roundUpToMinuteS)).toEqual([
      0,
      60,
      60,
      120,
      UNLIMITED_S,
      UNLIMITED_S,
    ]);
  });
});

describe("a duration", () => {
  it.each([
    ["5s", 5],
    ["90m", 5400],
    ["2h", 7200],
    ["1d12h", 129_600],
    ["1h30m", 5400],
    ["1w", 604_800],
    ["0s", 0],
    ["5", 300],
    ["1:30", 90],
    ["1-2", 93_600],
    ["UNLIMITED", UNLIMITED_S],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: seconds });
  });

  it.each(["", "s", "5x", "30m1h", "1h1h", "1h30", "5 s", "1.5h", "-5s", "5S", "99999d"])(
    "%j is refused",
    (text) => {
      expect(parseDuration(text)).toMatchObject({ ok: false, message: expect.stringContaining("1d12h") });
    },
  );
});

describe("printing a duration", () => {
  it.each([
    [0, "00:00:00", "0:00", "0:00", "0s"],
    [1, "00:00:01", "0:01", "0:01", "1s"],
    [300, "00:05:00", "5:00", "5:00", "5m"],
    [3600, "01:00:00", "1:00:00", "1:00:00", "1h"],
    [86_399, "23:59:59", "23:59:59", "23:59:59", "23h59m59s"],
    [129_600, "1-12:00:00", "1-12:00:00", "1-12:00:00", "1d12h"],
    [UNLIMITED_S, "UNLIMITED", "UNLIMITED", "infinite", "UNLIMITED"],
    [-1, "INVALID", "INVALID", "INVALID", "INVALID"],
  ])("%d seconds, as each command shows it", (seconds, long, short, sinfo, modern) => {
    expect(printDurationLong(seconds)).toBe(long);
    expect(printDurationShort(seconds)).toBe(short);
    expect(printDurationSinfo(seconds)).toBe(sinfo);
    expect(printDuration(seconds)).toBe(modern);
  });

  it("reads back as the same number of seconds", () => {
    fc.assert(
      fc.property(fc.oneof(anySeconds, fc.constant(UNLIMITED_S)), (seconds) => {
        expect(parseTimeLimit(printDurationLong(seconds))).toEqual({ ok: true, value: seconds });
        expect(parseTimeLimit(printDurationShort(seconds))).toEqual({ ok: true, value: seconds });
        expect(parseTimeLimit(printDurationSinfo(seconds))).toEqual({ ok: true, value: seconds });
        expect(parseDuration(printDuration(seconds))).toEqual({ ok: true, value: seconds });
      }),
      runs(300),
    );
  });
});

describe("a timestamp", () => {
  it("is ISO without a zone, at a fixed offset", () => {
    expect(printTimestamp(1_000_000_000, 0)).toBe("2001-09-09T01:46:40");
    expect(printTimestamp(1_000_000_000, 120)).toBe("2001-09-09T03:46:40");
    expect(printTimestamp(1_000_000_000, -210)).toBe("2001-09-08T22:16:40");
  });

  it("is in the local zone without one", () => {
    const local = new Date(2026, 10, 24, 19, 7, 20).getTime() / 1000;
    expect(printTimestamp(local)).toBe("2026-11-24T19:07:20");
  });

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY, -1e15, 1e15, 253_402_400_000])(
    "of %d is Unknown",
    (epochS) => {
      expect(printTimestamp(epochS, 0)).toBe("Unknown");
    },
  );
});

describe("any text", () => {
  it("gets an answer from both grammars", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => {
        expectAnswer(text, parseTimeLimit(text));
        expectAnswer(text, parseDuration(text));
      }),
      runs(400),
    );
  });
});
