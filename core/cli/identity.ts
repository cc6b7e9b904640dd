/** Who runs the command and where: user, group, host and session, as Slurm shows them. Reads, never changes. */
import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";

export interface Identity {
  readonly user: string;
  readonly uid: number;
  readonly group: string;
  readonly gid: number;
}

/** The process's user; a uid or gid without a name is named by its number. */
export const ownIdentity = (): Identity => {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  return { user: ownUserName(uid), uid, group: groupName(gid), gid };
};

export const ownHost = (): string => hostname().split(".")[0] ?? "";

/** Session id of the shell that the command runs in; 0 where the system does not say. */
export const ownSessionId = (): number => {
  const stat = readText("/proc/self/stat");
  // The second field is the program's name in parentheses and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[3] ?? 0) || 0;
};

const ownUserName = (uid: number): string => {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
};

const groupName = (gid: number): string => {
  for (const line of readText("/etc/group").split("\n")) {
    const [name, , id] = line.split(":");
    if (name !== undefined && name !== "" && id === String(gid)) return name;
  }
  return String(gid);
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
