/** The words that run a program as another user, with that user's groups. Used by a root agent only. Pure. */
import type { HostPrograms } from "./shepherd.ts";

/** A prefix for a command, or undefined when the host has no program for it. */
export const userWords = (
  programs: HostPrograms,
  user: { readonly uid: number; readonly gid: number; readonly user: string },
  known: boolean,
): string[] | undefined => {
  if (programs.setpriv !== "") {
    // A user that the host does not know has no supplementary groups to look up.
    const groups = known ? "--init-groups" : "--clear-groups";
    return [programs.setpriv, "--reuid", `${user.uid}`, "--regid", `${user.gid}`, groups, "--"];
  }
  return programs.runuser === "" ? undefined : [programs.runuser, "-u", user.user, "--"];
};
