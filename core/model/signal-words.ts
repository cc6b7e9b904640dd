/** Linux's words for the signals that end processes, as strsignal(3) has them: scripts look for them. Data only. */

/** `Killed` for 9; `Unknown signal 99` for what is none. */
export const signalWords = (signal: number): string => SIGNAL_WORDS[signal] ?? `Unknown signal ${signal}`;

const SIGNAL_WORDS: Readonly<Record<number, string>> = {
  1: "Hangup",
  2: "Interrupt",
  3: "Quit",
  4: "Illegal instruction",
  5: "Trace/breakpoint trap",
  6: "Aborted",
  7: "Bus error",
  8: "Floating point exception",
  9: "Killed",
  10: "User defined signal 1",
  11: "Segmentation fault",
  12: "User defined signal 2",
  13: "Broken pipe",
  14: "Alarm clock",
  15: "Terminated",
  16: "Stack fault",
  24: "CPU time limit exceeded",
  25: "File size limit exceeded",
};
