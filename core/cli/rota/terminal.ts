/**
 * What a command knows of the terminal that it writes to: whether colour is wanted and how wide it is. Looked at once
 * when a command starts; printing functions take it as an argument.
 */
import picocolors from "picocolors";

export interface Terminal {
  /** Each function gives its text back unchanged where no colour is wanted. */
  readonly colours: Colours;
  /** Columns; UNKNOWN_WIDTH where the output is no terminal, so nothing is cut. */
  readonly width: number;
}

export type Colours = ReturnType<typeof picocolors.createColors>;

export const UNKNOWN_WIDTH = 0;

/** Colour only on a terminal that is not a dumb one, and not where NO_COLOR is set (no-color.org). */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stream.isTTY === true;
  const colourful = isTerminal && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
  return {
    colours: picocolors.createColors(colourful),
    width: isTerminal ? (stream.columns ?? UNKNOWN_WIDTH) : UNKNOWN_WIDTH,
  };
}

/** For files, pipes and tests. */
export const PLAIN_TERMINAL: Terminal = { colours: picocolors.createColors(false), width: UNKNOWN_WIDTH };

/** Text from a job or a user, safe to print: control characters would reach the reader's terminal as commands. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?");
