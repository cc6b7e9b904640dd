/** The licences that a job asks, against those that the site has. Pure. */
import type { JobSpec } from "../model/job-spec.ts";
import { type LicenceDemand, parseLicences } from "../model/licence.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { AdmitCluster } from "./cluster.ts";

/** Sorted by name; undefined for none. More than the site has is refused, more than are free waits. */
export function licencesOf(
  spec: JobSpec,
  cluster: AdmitCluster,
): Result<readonly LicenceDemand[] | undefined> {
  const text = spec.licenses ?? "";
  if (text === "") return ok(undefined);
  const demands = parseLicences(text);
  if (!demands.ok) return refuse(demands.code, `--licenses: ${demands.message}`);
  for (const { name, count } of demands.value) {
    const most = cluster.licences.get(name);
    if (most === undefined) {
      return refuse("INVALID_LICENSES", `the site has no license ${name}`, { license: name, asked: count });
    }
    if (count > most) {
      const message = `${count} of license ${name} are asked, and the site has ${most}`;
      return refuse("INVALID_LICENSES", message, { license: name, asked: count, most });
    }
  }
  return ok(demands.value.length === 0 ? undefined : demands.value);
}
