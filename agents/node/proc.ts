/**
 * What the kernel says of processes and of the host, read from /proc. Used at an agent's start, when a job's processes
 * are counted or ended, and while adopted jobs are watched. Never signals anything; a process that is gone is
 * undefined, not an error.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessStat {
  readonly pid: number;
  /** `R`, `S`, `Z`, ... */
  readonly state: string;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since the host's start: with the pid, the identity of a process. */
  readonly startTicks: number;
}

/** Processes looked at in one scan. */
export const MAX_PROCESSES = 262_144;

/** One line of /proc/PID/stat, or undefined when it is none. */
export const parseStat = (line: string): ProcessStat | undefined => {
  // The command's name is in brackets and may have any character in it, so fields are counted from the last bracket.
  const close = line.lastIndexOf(")");
  if (close < 0) return undefined;
  const fields = line.slice(close + 2).split(" ");
  const pid = Number.parseInt(line, 10);
  const startTicks = Number(fields[19]);
  if (!Number.isInteger(pid) || !Number.isInteger(startTicks)) return undefined;
  return { pid, state: fields[0]!, group: Number(fields[2]), session: Number(fields[3]), startTicks };
};

/** The process with this id, if there is one. */
export const readProcess = (pid: number): ProcessStat | undefined => {
  const line = readText(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
};

/** Whether this very process is still there and not a zombie. */
export const isAlive = (process: ProcessStat): boolean => {
  const now = readProcess(process.pid);
  return now !== undefined && now.startTicks === process.startTicks && now.state !== "Z" && now.state !== "X";
};

/** Processes of one session (setsid) that are not zombies. */
export const sessionMembers = (session: number): ProcessStat[] =>
  readdirSync("/proc")
    .slice(0, MAX_PROCESSES)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((found): found is ProcessStat => found?.session === session && found.state !== "Z");

/** Changes at every start of the host, so that process ids of before are not taken for those of now. */
export const bootId = (): string => readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";

/** Epoch seconds of the host's start; 0 when unknown. */
export const bootTimeS = (): number => Number(/^btime (\d+)$/m.exec(readText("/proc/stat") ?? "")?.[1] ?? 0);

/** Memory that a new job could use, MiB; -1 when unknown. */
export const availableMemoryMib = (): number => {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readText("/proc/meminfo") ?? "")?.[1];
  return kib === undefined ? -1 : Math.floor(Number(kib) / 1024);
};

/** CPUs that a process may run on, from a list such as `0-3,8`. */
export const allowedCpus = (pid: number | "self"): number[] => {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(readText(`/proc/${pid}/status`) ?? "")?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first, last] = range.split("-").map(Number);
    if (first === undefined || !Number.isInteger(first)) return [];
    return Array.from({ length: Math.min((last ?? first) - first + 1, 65_536) }, (_, i) => first + i);
  });
};

/** A small file's text, or undefined when it cannot be read. */
export const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

/** Every process that is not a zombie, in one pass. */
export const allProcesses = (): ProcessStat[] =>
  readdirSync("/proc")
    .slice(0, MAX_PROCESSES)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((found): found is ProcessStat => found !== undefined && found.state !== "Z");
