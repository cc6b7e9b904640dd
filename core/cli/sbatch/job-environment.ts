/** The environment that a job starts with, by what --export says. Pure. */

/** Largest value of --export that is looked at. */
export const MAX_EXPORT_CHARS = 1024 * 1024;

/**
 * ALL or nothing said: the caller's environment. NONE and NIL: its SLURM_ variables only. A list, `ALL,A,B=1`: those
 * and what it names, with `NAME=value` set. But for ALL the node is told, by SLURM_GET_USER_ENV, to add what the
 * user's login sets, and job steps, by SLURM_EXPORT_ENV, to do as the job did.
 */
export const jobEnvironment = (
  exportList: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> => {
  const list = exportList ?? "ALL";
  if (list.toUpperCase() === "ALL") return copyOf(env, () => true);
  const items = splitList(list.slice(0, MAX_EXPORT_CHARS));
  const all = items.some((item) => item.toUpperCase() === "ALL");
  const made = copyOf(env, (name) => all || name.startsWith("SLURM_"));
  for (const item of items) {
    const equals = item.indexOf("=");
    if (equals > 0) {
      made[item.slice(0, equals)] = item.slice(equals + 1);
      continue;
    }
    const value = env[item];
    if (equals < 0 && value !== undefined) made[item] = value;
  }
  made["SLURM_EXPORT_ENV"] = list;
  made["SLURM_GET_USER_ENV"] = "1";
  return made;
};

const copyOf = (
  env: Readonly<Record<string, string | undefined>>,
  keep: (name: string) => boolean,
): Record<string, string> => {
  const copy: Record<string, string> = {};
  for (const name of Object.keys(env)) {
    const value = env[name];
    if (value !== undefined && name !== "" && keep(name)) copy[name] = value;
  }
  return copy;
};

/** Items between commas that are not in quotes; the quotes stay. */
const splitList = (list: string): string[] => {
  const items: string[] = [];
  let item = "";
  let quote = "";
  for (const letter of list) {
    if (letter === "," && quote === "") {
      if (item !== "") items.push(item);
      item = "";
      continue;
    }
    if (quote === "" && (letter === "'" || letter === '"')) quote = letter;
    else if (letter === quote) quote = "";
    item += letter;
  }
  if (item !== "") items.push(item);
  return items;
};
