/**
 * The files of one job run, `jobs/<jobId>.<restarts>/`: what the agent writes before a start, what the shepherd writes
 * as the job goes, and what a restarted agent reads to find the job again. See agents/README.md for the layout. Reads
 * are for files that may be missing or half written; then the answer is undefined.
 */
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EndCause, EndedReport, StartOrder } from "../protocol/frames.ts";
import { type ProcessStat, parseStat, readText } from "./proc.ts";

/** A start order without what is in files of its own. */
export type KeptOrder = Omit<StartOrder, "script" | "environment" | "args">;

export interface SavedOrder {
  readonly bootId: string;
  readonly receivedMs: number;
  readonly order: KeptOrder;
}

export interface SavedEnding {
  readonly cause: EndCause;
  readonly atMs: number;
  readonly graceMs: number;
}

/** How a run stands still, or did. */
export interface SavedPause {
  /** Since when all of it does; 0 while it goes on. */
  readonly sinceMs: number;
  /** How long it did before, all times together. */
  readonly pastMs: number;
}

export class JobDir {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get script(): string {
    return join(this.path, "script");
  }

  /** Begins the folder with the order; a folder without a whole one never started. `from`: it was a spare shepherd's. */
  create(saved: SavedOrder, from?: string): void {
    if (from === undefined) this.make();
    else renameSync(from, this.path);
    this.#writeJson("order.json", saved);
  }

  /** Makes the empty folder; another user passes through to the script. */
  make(): void {
    mkdirSync(this.path);
    chmodSync(this.path, 0o711);
  }

  /** Adds what the shepherd needs; script and launch file are the owner's when that is another user. */
  fill(
    files: { readonly script: string; readonly launch: string; readonly place: string },
    owner?: { readonly uid: number; readonly gid: number },
  ): void {
    const launchPath = join(this.path, "launch");
    writeFileSync(this.script, files.script, { mode: 0o700 });
    writeFileSync(launchPath, files.launch, { mode: 0o600 });
    this.savePlace(files.place);
    if (owner === undefined) return;
    chownSync(this.script, owner.uid, owner.gid);
    chownSync(launchPath, owner.uid, owner.gid);
  }

  savePlace(text: string): void {
    writeFileSync(join(this.path, "place"), text, { mode: 0o600 });
  }

  /** The note there is stays the one of a shepherd that does not have this run. */
  dropNote(): void {
    rmSync(join(this.path, "note"), { force: true });
  }

  order(): SavedOrder | undefined {
    return this.#readJson<SavedOrder>("order.json");
  }

  /** The shepherd's own process, once it has begun. */
  shepherd(): ProcessStat | undefined {
    return parseStat(readText(join(this.path, "shepherd")) ?? "");
  }

  /** Takes the place of a shepherd that never began, so that it cannot begin later. False when one did. */
  claim(): boolean {
    try {
      writeFileSync(join(this.path, "shepherd"), "", { flag: "wx" });
      return true;
    } catch {
      return false;
    }
  }

  /** The batch script's process, once it is there. */
  process(): ProcessStat | undefined {
    return parseStat(readText(join(this.path, "pid")) ?? "");
  }

  /** `$?` of the script, once it has ended. */
  status(): number | undefined {
    const text = readText(join(this.path, "status"));
    return text !== undefined && /^\d{1,3}\n$/.test(text) ? Number(text) : undefined;
  }

  /** What the shepherd's shell said on its stderr. */
  note(): string {
    return readText(join(this.path, "note")) ?? "";
  }

  /** CPU time of the script and its waited-for children, ms; -1 when unknown. */
  cpuTimeMs(): number {
    const children = (readText(join(this.path, "usage")) ?? "").split("\n")[1] ?? "";
    const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
    return times.length === 2
      ? Math.round(
          times.reduce(
            (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
            0,
          ),
        )
      : -1;
  }

  /** When the script's process came, and when its end was written down, epoch ms; undefined when they were not. */
  startedMs(): number | undefined {
    return this.#modifiedMs("pid");
  }

  endedMs(): number | undefined {
    return this.#modifiedMs("status");
  }

  saveEnding(ending: SavedEnding): void {
    this.#writeJson("ending.json", ending);
  }

  ending(): SavedEnding | undefined {
    return this.#readJson<SavedEnding>("ending.json");
  }

  saveEnded(report: EndedReport): void {
    this.#writeJson("ended.json", report);
  }

  ended(): EndedReport | undefined {
    return this.#readJson<EndedReport>("ended.json");
  }

  /** A time limit that replaced the order's. */
  saveLimitS(timeLimitS: number): void {
    this.#writeJson("limit.json", timeLimitS);
  }

  limitS(): number | undefined {
    return this.#readJson<number>("limit.json");
  }

  savePause(pause: SavedPause): void {
    this.#writeJson("pause.json", pause);
  }

  pause(): SavedPause | undefined {
    return this.#readJson<SavedPause>("pause.json");
  }

  /** That the signal before the time limit has been sent. */
  markSignalled(): void {
    writeFileSync(join(this.path, "signalled"), "");
  }

  signalled(): boolean {
    return this.#modifiedMs("signalled") !== undefined;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #modifiedMs(name: string): number | undefined {
    const stat = statSync(join(this.path, name), { throwIfNoEntry: false });
    return stat === undefined ? undefined : Math.floor(stat.mtimeMs);
  }

  #writeJson(name: string, value: unknown): void {
    writeFileSync(join(this.path, name), JSON.stringify(value), { mode: 0o600 });
  }

  #readJson<T>(name: string): T | undefined {
    try {
      return JSON.parse(readText(join(this.path, name)) ?? "") as T;
    } catch {
      return undefined;
    }
  }
}
