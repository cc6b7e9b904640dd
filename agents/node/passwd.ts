/**
 * Home directory and shell of a job's user, from the host's user database. Asked at a start of a job, remembered for
 * an hour's worth of users. Never fails: an unknown user has `/` and `/bin/sh`.
 */
import { execFileSync } from "node:child_process";
import { readText } from "./proc.ts";

export interface Passwd {
  /** Whether the host knows the uid, so that its supplementary groups can be set. */
  readonly known: boolean;
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** Users remembered; past it all are asked for again. */
export const MAX_PASSWD_ENTRIES = 4096;
const GETENT_TIMEOUT_MS = 2_000;

/** Looks users up in /etc/passwd, then with getent (LDAP, SSSD). */
export class PasswdLookup {
  readonly #known = new Map<number, Passwd>();

  byUid(uid: number): Passwd {
    const remembered = this.#known.get(uid);
    if (remembered !== undefined) return remembered;
    const found = parsePasswd(readText("/etc/passwd") ?? "", uid) ?? parsePasswd(getent(uid), uid);
    const entry = found ?? { known: false, name: `${uid}`, home: "/", shell: "/bin/sh" };
    if (this.#known.size >= MAX_PASSWD_ENTRIES) this.#known.clear();
    if (entry.known) this.#known.set(uid, entry);
    return entry;
  }
}

/** The entry of a uid in the text of a passwd file. */
export const parsePasswd = (text: string, uid: number): Passwd | undefined => {
  for (const line of text.split("\n")) {
    const [name, , id, , , home, shell] = line.split(":");
    if (name !== undefined && name !== "" && id === `${uid}`) {
      return { known: true, name, home: home || "/", shell: shell || "/bin/sh" };
    }
  }
  return undefined;
};

const getent = (uid: number): string => {
  try {
    return execFileSync("getent", ["passwd", `${uid}`], {
      encoding: "utf8",
      timeout: GETENT_TIMEOUT_MS,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return "";
  }
};
