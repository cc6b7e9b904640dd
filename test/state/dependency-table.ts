/** Kinds of dependencies and what settles them, for tests of plain jobs and of single tasks. */

/** What a term on a plain job becomes when that job starts, ends well, ends badly, or is cancelled before it starts. */
export const PLAIN = [
  ["after", "met", "met", "met", "met"],
  ["afterany", "waiting", "met", "met", "met"],
  ["afterok", "waiting", "met", "never", "never"],
  ["afternotok", "waiting", "never", "met", "met"],
  ["aftercorr", "waiting", "met", "never", "never"],
  ["afterburstbuffer", "waiting", "met", "met", "met"],
  ["expand", "waiting", "met", "met", "met"],
] as const;
