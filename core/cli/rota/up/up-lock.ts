/**
 * One `rota up` a state directory. The lock is a file that names its holder; it is taken over when that process is
 * gone, however it went. Taken before anything is started.
 */
import { linkSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootId, isAlive, parseStat, readText } from "../../../../agents/node/proc.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";

const LOCK_FILE = "up.lock";
const TRIES = 3;

export interface UpLock {
  release(): void;
}

/** Takes the lock of a directory that exists; refused with CONFIG_INVALID while another holds it. */
export function takeUpLock(stateDir: string): Result<UpLock> {
  const lock = join(stateDir, LOCK_FILE);
  const own = `${lock}.${process.pid}`;
  const content = `${bootId()}\n${readText("/proc/self/stat") ?? ""}`;
  // Linked when it is whole, so that nobody reads half a holder.
  writeFileSync(own, content, { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      if (tryLink(own, lock)) return ok({ release: () => releaseOwn(lock, content) });
      const holder = holderOf(lock);
      if (holder !== undefined) return inUse(stateDir, holder);
      clearStale(lock, `${own}.stale`);
    }
    return inUse(stateDir, 0);
  } finally {
    rmSync(own, { force: true });
  }
}

function inUse(stateDir: string, pid: number): Result<UpLock> {
  const who =
    pid === 0 ? "another `rota up`, which is just starting," : `another \`rota up\` (process ${pid})`;
  const message = `${who} has the state directory ${stateDir}; end that one, or give this one its own --state-dir`;
  return refuse("CONFIG_INVALID", message, { pid, stateDir });
}

/** Process that holds the lock; undefined when it is gone. */
function holderOf(lock: string): number | undefined {
  const [boot, line] = (readText(lock) ?? "").split("\n");
  const stat = parseStat(line ?? "");
  return boot === bootId() && stat !== undefined && isAlive(stat) ? stat.pid : undefined;
}

/** Moved aside before it is deleted: of two that clear at once, one finds nothing to move. */
function clearStale(lock: string, aside: string): void {
  try {
    renameSync(lock, aside);
    unlinkSync(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function releaseOwn(lock: string, content: string): void {
  if (readText(lock) === content) rmSync(lock, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
