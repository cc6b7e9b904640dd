/** The terminal of --pty: its size, and keys that come as they are typed. */
import { isatty } from "node:tty";
import type { StepLaunch } from "../../../agents/protocol/step-frames.ts";

/** The size of the terminal on stdin, whose keys come one by one from then on; null, with Slurm's words, where it is none. */
export const terminalOf = (command: string, err: (text: string) => void): StepLaunch["pty"] => {
  if (!isatty(0)) {
    err(`${command}: error: ioctl(TIOCGWINSZ): Inappropriate ioctl for device\n`);
    err(`${command}: error: Not using a pseudo-terminal, disregarding --pty option\n`);
    return null;
  }
  process.stdin.setRawMode(true);
  process.on("exit", () => process.stdin.setRawMode(false));
  const { rows = 24, columns = 80 } = process.stdout;
  return { rows, columns };
};
