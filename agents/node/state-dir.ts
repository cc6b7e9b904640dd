/**
 * The agent's state directory: one lock, the shepherd's text, and a folder for each job run. Opened once at an agent's
 * start. A lock whose process is gone (killed, or of before the host's restart) is taken over.
 */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { RotaError } from "../../core/model/errors.ts";
import { bootId, isAlive, parseStat, readText } from "./proc.ts";

export interface StateDir {
  readonly path: string;
  readonly jobs: string;
  /** Folders of spare shepherds; empty when it is opened. */
  readonly spares: string;
  /** Lets go of the lock; jobs and their folders stay. */
  release(): void;
}

/** Opens a state directory; throws CONFIG_INVALID when another live agent has it. */
export const openStateDir = (path: string): StateDir => {
  const jobs = join(path, "jobs");
  mkdirSync(jobs, { recursive: true });
  // Jobs of other users run their copy of the script from here: they pass through, and see no names.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  chmodSync(path, mode);
  chmodSync(jobs, mode);
  const lock = join(path, "lock");
  takeLock(lock);
  const spares = join(path, "spare");
  rmSync(spares, { recursive: true, force: true });
  mkdirSync(spares);
  return { path, jobs, spares, release: () => rmSync(lock, { force: true }) };
};

/** Names of the job folders, `12.0`. */
export const jobFolders = (state: StateDir): string[] =>
  readdirSync(state.jobs).filter((name) => /^[1-9]\d{0,9}\.\d{1,10}$/.test(name));

/** A lock is a link to a file that is already whole, so that nobody reads half of one. */
const takeLock = (lock: string): void => {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, `${bootId()}\n${readText("/proc/self/stat") ?? ""}`);
  try {
    for (let tries = 0; tries < 3; tries++) {
      if (tryLink(own, lock)) return;
      const holder = readText(lock) ?? "";
      if (isHeld(holder)) {
        const pid = parseStat(holder.split("\n")[1] ?? "")?.pid ?? 0;
        throw new RotaError(
          "CONFIG_INVALID",
          `Another agent (process ${pid}) has this state directory: ${lock}.`,
          { pid },
        );
      }
      const stale = `${own}.stale`;
      renameSync(lock, stale);
      unlinkSync(stale);
    }
    throw new RotaError(
      "CONFIG_INVALID",
      `The lock ${lock} could not be taken over; another agent is starting.`,
    );
  } finally {
    unlinkSync(own);
  }
};

const tryLink = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

const isHeld = (holder: string): boolean => {
  const [boot, line] = holder.split("\n");
  const stat = parseStat(line ?? "");
  if (boot !== bootId() || stat === undefined) return false;
  return isAlive(stat);
};
