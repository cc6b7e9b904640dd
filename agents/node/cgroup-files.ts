/** Reading, writing and removing what both kinds of cgroup have. Used by cgroup-v1.ts and cgroup-v2.ts only. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { readText } from "./proc.ts";

/** Where a hierarchy is mounted and which folder of it this process is in. */
export interface CgroupMount {
  readonly mount: string;
  readonly own: string;
}

/** The v1 hierarchy of a controller, or with "" the v2 hierarchy. */
export const findMount = (controller: string): CgroupMount | undefined => {
  for (const line of (readText("/proc/self/mountinfo") ?? "").split("\n")) {
    const [before, after] = line.split(" - ");
    const [type, , options] = after?.split(" ") ?? [];
    const wanted =
      controller === ""
        ? type === "cgroup2"
        : type === "cgroup" && (options?.split(",").includes(controller) ?? false);
    const mount = before?.split(" ")[4];
    if (wanted && mount !== undefined) return { mount, own: ownFolder(controller) };
  }
  return undefined;
};

/** Folders that a job's cgroup could be made in: below the root first, where it outlives this agent's own cgroup. */
export const candidates = ({ mount, own }: CgroupMount): string[] => [
  join(mount, "rota"),
  ...(own !== "/" && existsSync(join(mount, own)) ? [join(mount, own, "rota")] : []),
];

/** Makes a folder and says whether processes may be put into it. */
export const makeFolder = (path: string): boolean => {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(join(path, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** Writes a control file; false when the kernel refuses. */
export const writeControl = (path: string, value: string): boolean => {
  try {
    writeFileSync(path, value);
    return true;
  } catch {
    return false;
  }
};

export const readNumber = (path: string): number => {
  const value = Number(readText(path)?.trim());
  return Number.isFinite(value) ? value : -1;
};

/** The number behind a word in a file of `word number` lines; -1 when absent. */
export const readField = (path: string, word: string): number => {
  const found = (readText(path) ?? "").split("\n").find((line) => line.startsWith(`${word} `));
  return found === undefined ? -1 : Number(found.slice(word.length + 1));
};

export const readPids = (folder: string): number[] => {
  try {
    return readFileSync(join(folder, "cgroup.procs"), "utf8")
      .split("\n")
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
};

/** Removes a job's folder; while processes are still leaving it, tries again after each of these waits. */
export const removeFolder = (
  path: string,
  waitsMs: readonly number[] = [10, 50, 200, 1_000, 5_000],
): void => {
  try {
    rmdirSync(path);
  } catch (error) {
    const [waitMs, ...rest] = waitsMs;
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || waitMs === undefined) return;
    setTimeout(() => removeFolder(path, rest), waitMs).unref();
  }
};

/**
 * Removes job folders, `12.0`, that are not among these and have no process, and those of spare shepherds, which go
 * soon after their agent.
 */
export const removeOthers = (base: string, keep: ReadonlySet<string>): void => {
  for (const name of readdirSync(base)) {
    if (/^\d+\.\d+$/.test(name) && !keep.has(name)) removeWithSteps(join(base, name));
    else if (/^spare\.[\d.]+(\.new)?$/.test(name)) removeFolder(join(base, name));
  }
};

const removeWithSteps = (path: string): void => {
  for (const name of readdirSync(path)) if (/^step_\d+$/.test(name)) removeFolder(join(path, name), []);
  removeFolder(path, []);
};

/** Removes an agent's folder and the one above it, each only when empty. */
export const removeEmpty = (path: string): void => {
  try {
    rmdirSync(path);
    rmdirSync(dirname(path));
  } catch {
    // Jobs go on in it, or another agent of this host has its folder beside it.
  }
};

const ownFolder = (controller: string): string => {
  for (const line of (readText("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers, path] = line.split(":");
    if (controllers !== undefined && path !== undefined && controllers.split(",").includes(controller))
      return path;
  }
  return "/";
};
