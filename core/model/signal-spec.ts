/** Signals by name and number, and `--signal=[{R|B}:]sig[@seconds]`. Pure; numbers are Linux's. */
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

export interface SignalSpec {
  /** 1 .. 64. */
  readonly signal: number;
  /** Seconds before the time limit, 0 .. MAX_BEFORE_S. */
  readonly beforeS: number;
  /** `B:`: only to the batch script, not to its steps. */
  readonly batchOnly: boolean;
  /** `R:`: also where a reservation's start would cut the job short. */
  readonly reservation: boolean;
}

export const DEFAULT_BEFORE_S = 60;
export const MAX_BEFORE_S = 65_535;
export const MAX_SIGNAL = 64;
export const SIGNAL_FORMS = "a signal like USR1, SIGUSR1 or 10";
export const SIGNAL_SPEC_FORMS = "[{R|B}:]signal[@seconds], like B:USR1@120";

/** The value of --signal; 60 seconds when none are given. */
export const parseSignalSpec = (text: string): Parsed<SignalSpec> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const colon = text.indexOf(":");
  const flags = colon < 0 ? "" : text.slice(0, Math.min(colon, 3)).toUpperCase();
  if (colon >= 0 && flags !== "B" && flags !== "R" && flags !== "BR" && flags !== "RB") {
    return bad("only R, B or both stand before the colon", 0, SIGNAL_SPEC_FORMS);
  }
  const at = text.indexOf("@", colon + 1);
  const signal = readSignal(text, colon + 1, at < 0 ? text.length : at, SIGNAL_SPEC_FORMS);
  if (!signal.ok) return signal;
  let beforeS = DEFAULT_BEFORE_S;
  if (at >= 0) {
    const end = digitsEnd(text, at + 1);
    if (end === at + 1 || end < text.length)
      return bad("whole seconds belong after @", end, SIGNAL_SPEC_FORMS);
    beforeS = readNumber(text, at + 1, end);
    if (beforeS > MAX_BEFORE_S)
      return bad(`the seconds are above ${MAX_BEFORE_S}`, at + 1, SIGNAL_SPEC_FORMS);
  }
  return parsed({
    signal: signal.value,
    beforeS,
    batchOnly: flags.includes("B"),
    reservation: flags.includes("R"),
  });
};

/** `B:USR1@50`; the inverse of parseSignalSpec. */
export const printSignalSpec = (spec: SignalSpec): string => {
  const flags = `${spec.reservation ? "R" : ""}${spec.batchOnly ? "B" : ""}`;
  return `${flags}${flags === "" ? "" : ":"}${signalName(spec.signal)}@${spec.beforeS}`;
};

/** 1 .. 64, of a name with or without SIG in any case, or of a number. */
export const parseSignal = (text: string): Parsed<number> =>
  tooLong(text) ?? readSignal(text, 0, text.length, SIGNAL_FORMS);

/** `USR1`; the number where Linux has no one name for it. */
export const signalName = (signal: number): string => NAMES[signal] ?? `${signal}`;

/** By number; 32 and above are real-time signals, which have no names of their own. */
const NAMES: readonly (string | undefined)[] = [
  undefined,
  ...[
    "HUP",
    "INT",
    "QUIT",
    "ILL",
    "TRAP",
    "ABRT",
    "BUS",
    "FPE",
    "KILL",
    "USR1",
    "SEGV",
    "USR2",
    "PIPE",
    "ALRM",
  ],
  ...[
    "TERM",
    "STKFLT",
    "CHLD",
    "CONT",
    "STOP",
    "TSTP",
    "TTIN",
    "TTOU",
    "URG",
    "XCPU",
    "XFSZ",
    "VTALRM",
    "PROF",
  ],
  ...["WINCH", "IO", "PWR", "SYS"],
];

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...NAMES.flatMap((name, signal): [string, number][] => (name === undefined ? [] : [[name, signal]])),
  ["IOT", 6],
  ["CLD", 17],
  ["POLL", 29],
]);

const readSignal = (text: string, from: number, to: number, forms: string): Parsed<number> => {
  if (isDigit(text, from)) {
    const end = digitsEnd(text, from);
    if (end < to) return bad(`${found(text, end)} follows the number`, end, forms);
    const signal = readNumber(text, from, to);
    return signal >= 1 && signal <= MAX_SIGNAL
      ? parsed(signal)
      : bad(`a signal is not in 1 to ${MAX_SIGNAL}`, from, forms);
  }
  const MAX_NAME_LENGTH = 16;
  const word = text.slice(from, Math.min(to, from + MAX_NAME_LENGTH)).toUpperCase();
  const signal = NUMBERS.get(word.startsWith("SIG") ? word.slice(3) : word);
  return signal === undefined ? bad("the signal is unknown", from, forms) : parsed(signal);
};

const bad = (problem: string, at: number, forms: string): Unparsed =>
  unparsed("INVALID_SPEC", problem, at, forms);
