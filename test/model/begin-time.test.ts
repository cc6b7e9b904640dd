import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseBeginTime } from "../../core/model/begin-time.ts";
import { printTimestamp } from "../../core/model/time.ts";
import { anyText, expectAnswer, must, runs } from "./texts.ts";

const ALPHABET = [
  "now",
  "+",
  "-",
  "1",
  "12",
  "2026",
  "99999999999",
  ":",
  "/",
  ".",
  "T",
  " ",
  "hours",
  "noon",
  "tomorrow",
  "AM",
  "pm",
];

/** A zone with summer time, so that local and universal time differ. */
const zoneBefore = process.env["TZ"];
beforeAll(() => {
  process.env["TZ"] = "Europe/Berlin";
});
afterAll(() => {
  if (zoneBefore === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zoneBefore;
});

const local = (...parts: [number, number, number, number?, number?, number?]): number =>
  new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 0, parts[4] ?? 0, parts[5] ?? 0).getTime() / 1000;
/** Tuesday 2026-11-24 14:30:20 local time. */
const now = (): number => local(2026, 11, 24, 14, 30, 20);
const shown = (text: string): string => printTimestamp(must(parseBeginTime(text, now())));

describe("a begin time", () => {
  it.each([
    ["now", "2026-11-24T14:30:20"],
    ["now+60", "2026-11-24T14:31:20"],
    ["now+60seconds", "2026-11-24T14:31:20"],
    ["now+5minutes", "2026-11-24T14:35:20"],
    ["now+1hour", "2026-11-24T15:30:20"],
    ["now+2HOURS", "2026-11-24T16:30:20"],
    ["now+1day", "2026-11-25T14:30:20"],
    ["now+2weeks", "2026-12-08T14:30:20"],
    ["now + 1 hour", "2026-11-24T15:30:20"],
    ["now-1hour", "2026-11-24T13:30:20"],
    ["16:00", "2026-11-24T16:00:00"],
    ["16:00:30", "2026-11-24T16:00:30"],
    ["4:00PM", "2026-11-24T16:00:00"],
    ["4:00 pm", "2026-11-24T16:00:00"],
    ["12:00AM", "2026-11-25T00:00:00"],
    ["12:15pm", "2026-11-25T12:15:00"],
    ["9:00", "2026-11-25T09:00:00"],
    ["14:30:20", "2026-11-25T14:30:20"],
    ["14:30:21", "2026-11-24T14:30:21"],
    ["midnight", "2026-11-25T00:00:00"],
    ["noon", "2026-11-25T12:00:00"],
    ["elevenses", "2026-11-25T11:00:00"],
    ["fika", "2026-11-24T15:00:00"],
    ["Teatime", "2026-11-24T16:00:00"],
    ["today", "2026-11-24T00:00:00"],
    ["tomorrow", "2026-11-25T00:00:00"],
    ["noon tomorrow", "2026-11-25T12:00:00"],
    ["tomorrow 10:15", "2026-11-25T10:15:00"],
    ["122526", "2026-12-25T00:00:00"],
    ["1225", "2026-12-25T00:00:00"],
    ["0101", "2027-01-01T00:00:00"],
    ["0101-12:00", "2027-01-01T12:00:00"],
    ["12/25", "2026-12-25T00:00:00"],
    ["1/2", "2027-01-02T00:00:00"],
    ["11/24", "2027-11-24T00:00:00"],
    ["11/24-15:00", "2026-11-24T15:00:00"],
    ["01/20/27", "2027-01-20T00:00:00"],
    ["01/20/2027", "2027-01-20T00:00:00"],
    ["01.20.27", "2027-01-20T00:00:00"],
    ["2027-01-20", "2027-01-20T00:00:00"],
    ["2027-01-20T12:34", "2027-01-20T12:34:00"],
    ["2027-01-20T12:34:56", "2027-01-20T12:34:56"],
    ["2027-07-20 08:00", "2027-07-20T08:00:00"],
    ["2020-01-01", "2020-01-01T00:00:00"],
    ["2028-02-29", "2028-02-29T00:00:00"],
  ])("%s is %s", (text, when) => {
    expect(shown(text)).toBe(when);
  });

  it.each([
    "",
    " ",
    "soon",
    "now+",
    "now+x",
    "now+1fortnight",
    "now*2",
    "now+1hour2",
    "now+99999999999weeks",
    "now-99weeks99",
    "24:00",
    "12:60",
    "12:00:60",
    "1:2",
    "123:00",
    "13:00PM",
    "12:00XM",
    "noon noon",
    "today tomorrow",
    "12/32",
    "13/01",
    "02/30/27",
    "2027-02-29",
    "2027-13-01",
    "2027-1-1",
    "2027-01-20T",
    "2027-01-20X12:00",
    "12/25/7",
    "12345",
    "1234567",
    "T12:00",
    "10:00-",
    "12/25.27",
  ])("%j is refused", (text) => {
    expect(parseBeginTime(text, now())).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });

  it("that was printed reads back as the same moment", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_000_000_000 }), (epochS) => {
        const text = printTimestamp(epochS);
        // An hour that summer time repeats is printed once for two moments, so the text is what must come back.
        expect(printTimestamp(must(parseBeginTime(text, now())))).toBe(text);
      }),
      runs(300),
    );
  });

  it("of the day is the next such time, at most a day and an hour ahead", () => {
    fc.assert(
      fc.property(
        fc.nat(23),
        fc.nat(59),
        fc.integer({ min: 1_700_000_000, max: 1_800_000_000 }),
        (hour, minute, nowS) => {
          const text = `${hour}:${`${minute}`.padStart(2, "0")}`;
          const ahead = must(parseBeginTime(text, nowS)) - nowS;
          expect(ahead).toBeGreaterThan(0);
          expect(ahead).toBeLessThanOrEqual(90_000);
        },
      ),
      runs(300),
    );
  });

  it("gets an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, parseBeginTime(text, now()))),
      runs(400),
    );
  });
});
