/** What `--tres-per-task` says of each task, `cpu:2,gres/gpu:tesla:1`: CPUs, and GRES in the grammar of --gres. Pure. */
import { ok, type Result, refuse } from "../model/refusal.ts";

export interface TresPerTask {
  readonly cpus?: number;
  /** "" for none. */
  readonly gres: string;
}

const MAX_ITEMS = 64;

/** Counts after `:` or `=`, as Slurm takes both. */
export function tresPerTaskOf(text: string): Result<TresPerTask> {
  const items = text === "" ? [] : text.split(",", MAX_ITEMS + 1);
  if (items.length > MAX_ITEMS)
    return refuse("INVALID_SPEC", `--tres-per-task has more than ${MAX_ITEMS} items`, { most: MAX_ITEMS });
  let cpus: number | undefined;
  const gres: string[] = [];
  for (const item of items) {
    const count = /^cpu[:=](\d{1,9})$/.exec(item)?.[1];
    if (count !== undefined && cpus === undefined && Number(count) > 0) cpus = Number(count);
    else if (item.startsWith("gres/")) gres.push(item.replace("=", ":"));
    else if (item.startsWith("license/"))
      return refuse(
        "NOT_SUPPORTED",
        "--tres-per-task with licenses is not supported by this version of Rota",
      );
    else {
      const message = "--tres-per-task is a list of cpu:count and gres/name[:type]:count";
      return refuse("INVALID_SPEC", message, { item: item.slice(0, 64) });
    }
  }
  return ok(cpus === undefined ? { gres: gres.join(",") } : { cpus, gres: gres.join(",") });
}
