/**
 * Moments as `--begin` and `scontrol update StartTime=` write them: `now+1hour`, `16:00`, `2026-11-24T19:07`, `teatime
 * tomorrow`. Pure: now is passed in; times of day are of the local zone.
 */
import {
  digitsEnd,
  found,
  isDigit,
  type Parsed,
  parsed,
  readNumber,
  tooLong,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";

/** Last second of the year 9999. */
export const MAX_EPOCH_S = 253_402_300_799;
export const BEGIN_TIME_FORMS =
  "HH:MM[:SS] [AM|PM], MMDDYY, MM/DD[/YY], YYYY-MM-DD[THH:MM[:SS]], now+count[seconds|minutes|hours|days|weeks], " +
  "today, tomorrow, midnight, noon, elevenses, fika or teatime";

/**
 * Epoch seconds, 0 .. MAX_EPOCH_S. A time of day alone is the next such time after now; a date alone begins at
 * midnight; a month and day without a year are the next such date. May lie before now (`now-1hour`, a past date).
 */
export const parseBeginTime = (text: string, nowS: number): Parsed<number> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  let at = skipBlanks(text, 0);
  if (wordAt(text, at) === "now") return readNow(text, at + 3, nowS);
  let day: Day | undefined;
  let clockS: number | undefined;
  for (;;) {
    const part = readPart(text, at, nowS);
    if (!part.ok) return part;
    if (part.value.day !== undefined) {
      if (day !== undefined) return bad("there are two dates", at);
      day = part.value.day;
    } else {
      if (clockS !== undefined) return bad("there are two times of day", at);
      clockS = part.value.clockS;
    }
    const end = skipBlanks(text, part.value.end);
    if (end === text.length) break;
    at = separatorEnd(text, part.value.end, end);
    if (at === part.value.end) return bad(`${found(text, at)} follows the time`, at);
  }
  return momentOf(day, clockS, nowS);
};

/** A day of the calendar; the year is absent where the text had none. */
interface Day {
  readonly year?: number;
  /** 1 .. 12 and 1 .. 31. */
  readonly month: number;
  readonly date: number;
}

interface Part {
  readonly day?: Day;
  readonly clockS?: number;
  readonly end: number;
}

const CLOCK_WORDS_S: ReadonlyMap<string, number> = new Map([
  ["midnight", 0],
  ["elevenses", 11 * 3600],
  ["noon", 12 * 3600],
  ["fika", 15 * 3600],
  ["teatime", 16 * 3600],
]);

const UNITS_S: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["second", 1],
  ["seconds", 1],
  ["minute", 60],
  ["minutes", 60],
  ["hour", 3600],
  ["hours", 3600],
  ["day", 86_400],
  ["days", 86_400],
  ["week", 604_800],
  ["weeks", 604_800],
]);

/** Reads what follows `now`: nothing, or a signed count and unit. */
const readNow = (text: string, start: number, nowS: number): Parsed<number> => {
  let at = skipBlanks(text, start);
  if (at === text.length) return parsed(nowS);
  const sign = text[at];
  if (sign !== "+" && sign !== "-") return bad(`${found(text, at)} stands where + belongs`, at);
  at = skipBlanks(text, at + 1);
  const end = digitsEnd(text, at);
  if (end === at) return bad(`a count is missing before ${found(text, at)}`, at);
  const unitAt = skipBlanks(text, end);
  const unit = wordAt(text, unitAt);
  const unitS = UNITS_S.get(unit);
  if (unitS === undefined) return bad("the unit is unknown", unitAt);
  const rest = skipBlanks(text, unitAt + unit.length);
  if (rest < text.length) return bad(`${found(text, rest)} follows the unit`, rest);
  const count = readNumber(text, at, end) * unitS;
  return bounded(sign === "+" ? nowS + count : nowS - count);
};

const readPart = (text: string, at: number, nowS: number): Parsed<Part> => {
  if (!isDigit(text, at)) return readWord(text, at, nowS);
  const end = digitsEnd(text, at);
  const next = text[end];
  if (next === ":") return readClock(text, at);
  if (end - at === 4 && next === "-" && text[at + 7] === "-") return readIsoDay(text, at);
  if (next === "/" || next === ".") return readMonthDay(text, at, next);
  if (end - at === 4) return dayOf(text, at, undefined, number(text, at, 2), number(text, at + 2, 2), end);
  if (end - at === 6) {
    const year = 2000 + number(text, at + 4, 2);
    return dayOf(text, at, year, number(text, at, 2), number(text, at + 2, 2), end);
  }
  return bad("a number is neither a time nor a date", at);
};

const readWord = (text: string, at: number, nowS: number): Parsed<Part> => {
  const word = wordAt(text, at);
  const end = at + word.length;
  const clockS = CLOCK_WORDS_S.get(word);
  if (clockS !== undefined) return parsed({ clockS, end });
  if (word !== "today" && word !== "tomorrow") {
    return bad(word === "" ? `a time is missing before ${found(text, at)}` : "a word is unknown", at);
  }
  const now = new Date(nowS * 1000);
  const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() + (word === "today" ? 0 : 1));
  return parsed({ day: { year: date.getFullYear(), month: date.getMonth() + 1, date: date.getDate() }, end });
};

/** `H[H]:MM[:SS]` and, after blanks, `AM` or `PM`. */
const readClock = (text: string, at: number): Parsed<Part> => {
  const hourEnd = digitsEnd(text, at);
  const minuteEnd = digitsEnd(text, hourEnd + 1);
  if (hourEnd - at > 2 || minuteEnd - hourEnd !== 3) return bad("a time of day is not HH:MM", at);
  let hour = readNumber(text, at, hourEnd);
  const minute = readNumber(text, hourEnd + 1, minuteEnd);
  let second = 0;
  let end = minuteEnd;
  if (text[end] === ":") {
    end = digitsEnd(text, minuteEnd + 1);
    if (end - minuteEnd !== 3) return bad("seconds are not two digits", minuteEnd + 1);
    second = readNumber(text, minuteEnd + 1, end);
  }
  if (hour > 23 || minute > 59 || second > 59) return bad("a time of day is above 23:59:59", at);
  const halfAt = skipBlanks(text, end);
  const half = wordAt(text, halfAt);
  if (half === "am" || half === "pm") {
    if (hour > 12) return bad(`${hour} hours do not go with ${half.toUpperCase()}`, at);
    hour = (hour % 12) + (half === "pm" ? 12 : 0);
    end = halfAt + 2;
  }
  return parsed({ clockS: hour * 3600 + minute * 60 + second, end });
};

const readIsoDay = (text: string, at: number): Parsed<Part> => {
  const end = digitsEnd(text, at + 8);
  if (digitsEnd(text, at + 5) !== at + 7 || end === at + 8 || end > at + 10)
    return bad("a date is not YYYY-MM-DD", at);
  return dayOf(text, at, number(text, at, 4), number(text, at + 5, 2), readNumber(text, at + 8, end), end);
};

/** `MM/DD[/YY]` or `MM.DD[.YY]`; a year of four digits will do as well. */
const readMonthDay = (text: string, at: number, mark: "/" | "."): Parsed<Part> => {
  const monthEnd = digitsEnd(text, at);
  const dateEnd = digitsEnd(text, monthEnd + 1);
  if (monthEnd - at > 2 || dateEnd === monthEnd + 1 || dateEnd - monthEnd > 3)
    return bad("a date is not MM/DD", at);
  const month = readNumber(text, at, monthEnd);
  const date = readNumber(text, monthEnd + 1, dateEnd);
  if (text[dateEnd] !== mark) return dayOf(text, at, undefined, month, date, dateEnd);
  const end = digitsEnd(text, dateEnd + 1);
  const digits = end - dateEnd - 1;
  if (digits !== 2 && digits !== 4) return bad("a year is not two or four digits", dateEnd + 1);
  const year = readNumber(text, dateEnd + 1, end) + (digits === 2 ? 2000 : 0);
  return dayOf(text, at, year, month, date, end);
};

const dayOf = (
  text: string,
  at: number,
  year: number | undefined,
  month: number,
  date: number,
  end: number,
): Parsed<Part> => {
  // Whether the 29th of February exists shows only with the year, which may be the next one.
  if (
    month < 1 ||
    month > 12 ||
    date < 1 ||
    date > 31 ||
    (year !== undefined && !exists(year, month, date))
  ) {
    return bad(`there is no such date as ${text.slice(at, end)}`, at);
  }
  return parsed({ day: year === undefined ? { month, date } : { year, month, date }, end });
};

const momentOf = (day: Day | undefined, clockS: number | undefined, nowS: number): Parsed<number> => {
  const now = new Date(nowS * 1000);
  if (day === undefined) {
    const today = localEpochS(now.getFullYear(), now.getMonth() + 1, now.getDate(), clockS ?? 0);
    if (today > nowS) return bounded(today);
    return bounded(localEpochS(now.getFullYear(), now.getMonth() + 1, now.getDate() + 1, clockS ?? 0));
  }
  let { year } = day;
  if (year === undefined) {
    year = now.getFullYear();
    if (!exists(year, day.month, day.date) || localEpochS(year, day.month, day.date, clockS ?? 0) <= nowS)
      year++;
    if (!exists(year, day.month, day.date)) return bad(`there is no such date in ${year}`, 0);
  }
  return bounded(localEpochS(year, day.month, day.date, clockS ?? 0));
};

const localEpochS = (year: number, month: number, date: number, clockS: number): number => {
  const moment = new Date(
    year,
    month - 1,
    date,
    Math.floor(clockS / 3600),
    Math.floor(clockS / 60) % 60,
    clockS % 60,
  );
  // The constructor takes years below 100 for the last century's.
  if (year < 100) moment.setFullYear(year);
  return Math.floor(moment.getTime() / 1000);
};

const exists = (year: number, month: number, date: number): boolean =>
  date >= 1 && date <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();

/** Index after what may stand between a date and a time: blanks, `-`, or `T` before a digit. */
const separatorEnd = (text: string, end: number, afterBlanks: number): number => {
  if (afterBlanks > end) return afterBlanks;
  const mark = text[end];
  if (mark === "-") return end + 1;
  return (mark === "T" || mark === "t") && isDigit(text, end + 1) ? end + 1 : end;
};

/** The word of letters at the index, in small letters; "" for none or one longer than any that is known. */
const wordAt = (text: string, at: number): string => {
  const MAX_WORD_LENGTH = 16;
  let end = at;
  while (end - at <= MAX_WORD_LENGTH && isLetter(text.charCodeAt(end))) end++;
  return end - at > MAX_WORD_LENGTH ? "" : text.slice(at, end).toLowerCase();
};

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);

const number = (text: string, at: number, digits: number): number => readNumber(text, at, at + digits);

const skipBlanks = (text: string, at: number): number => {
  let end = at;
  while (text[end] === " " || text[end] === "\t") end++;
  return end;
};

const bounded = (epochS: number): Parsed<number> =>
  epochS >= 0 && epochS <= MAX_EPOCH_S
    ? parsed(epochS)
    : bad("the time is outside the years 1970 to 9999", 0);

const bad = (problem: string, at: number): Unparsed =>
  unparsed("INVALID_SPEC", problem, at, BEGIN_TIME_FORMS);
