/**
 * The state directory and its files, readable by their owner only, since they hold the scripts and environments of
 * all users. Runs when the store opens. A directory that is already there keeps its mode: it may not be ours alone.
 */
import { closeSync, constants, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** Makes the directory and what is missing above it, and sees to it that a power cut does not take them away. */
export const makePrivateDirectory = (directory: string): void => {
  const target = resolve(directory);
  const first = mkdirSync(target, { recursive: true, mode: DIRECTORY_MODE });
  if (first === undefined) return;
  const top = dirname(first);
  for (let made = dirname(target); ; made = dirname(made)) {
    syncDirectory(made);
    if (made === top || made === dirname(made)) return;
  }
};

/**
 * Makes an empty file; nothing happens when there is one. SQLite gives the files beside it the same mode. An existing
 * file is not even opened: closing it would drop every lock that this process holds on it (POSIX).
 */
export const makePrivateFile = (path: string): void => {
  try {
    closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, FILE_MODE));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
};

const syncDirectory = (directory: string): void => {
  const fd = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};
