// What the author of an admission policy imports: extend Admission with one method, or two.
import { Submission } from "./generated/submission";

export { Submission } from "./generated/submission";
export { log } from "./env";

/** Looks at each job before it is taken: changes what it asks for, refuses it, or leaves it as it is. */
export abstract class Admission {
  /** Asked once a submission, by whichever command or the API; of a heterogeneous job once a component. */
  submit(job: Submission): void {}
  /**
   * Asked when a job is to be changed, as by `scontrol update`. `change` has only the fields that shall change; `job` is
   * the job as it stands, which is only read.
   */
  modify(change: Submission, job: Submission): void {}
}

/** Whether a comma separated list has the item: `listHas("a,b", "b")`. */
export function listHas(list: string, item: string): bool {
  const items = list.split(",");
  for (let i = 0; i < items.length; i++) {
    if (items[i].trim() == item) return true;
  }
  return false;
}

/** What a list of `key=value,key=value` has for the key; "" where it has nothing. */
export function mapped(map: string, key: string): string {
  const items = map.split(",");
  for (let i = 0; i < items.length; i++) {
    const item = items[i].trim();
    const at = item.indexOf("=");
    if (at > 0 && item.substring(0, at) == key) return item.substring(at + 1);
  }
  return "";
}
