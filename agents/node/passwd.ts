/**
 * Home directory and shell of a job's user, from the host's user database. Asked at a start of a job, remembered for
 * an hour. Never fails: an unknown user has `/` and `/bin/sh`, and is asked for again after a minute.
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
const KNOWN_FOR_MS = 3_600_000;
const UNKNOWN_FOR_MS = 60_000;
const GETENT_TIMEOUT_MS = 2_000;

/** Looks users up in /etc/passwd, then with getent (LDAP, SSSD). */
export class PasswdLookup {
  readonly #remembered = new Map<number, { readonly entry: Passwd; readonly untilMs: number }>();

  byUid(uid: number): Passwd {
    const remembered = this.#remembered.get(uid);
    if (remembered !== undefined && Date.now() < remembered.untilMs) return remembered.entry;
    const found = parsePasswd(readText("/etc/passwd") ?? "", uid) ?? parsePasswd(getent(uid), uid);
    const entry = found ?? { known: false, name: `${uid}`, home: "/", shell: "/bin/sh" };
    if (this.#remembered.size >= MAX_PASSWD_ENTRIES) this.#remembered.clear();
    this.#remembered.set(uid, { entry, untilMs: Date.now() + (entry.known ? KNOWN_FOR_MS : UNKNOWN_FOR_MS) });
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
