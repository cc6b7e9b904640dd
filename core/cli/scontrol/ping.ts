/** `scontrol ping`: whether the controller answers. Pure. */
import type { Result } from "../../model/refusal.ts";
import type { ClusterView } from "../../model/views.ts";

/** `ownHost` is named where the controller cannot say on what host it is. */
export const pingText = (
  cluster: Result<ClusterView>,
  ownHost: string,
): { readonly out: string; readonly err: string; readonly status: number } => {
  if (cluster.ok) return { out: `Slurmctld(primary) at ${cluster.value.host} is UP\n`, err: "", status: 0 };
  const stars = `${"*".repeat(41)}\n`;
  const banner = `${stars}** RESTORE SLURMCTLD DAEMON TO SERVICE **\n${stars}`;
  return { out: `Slurmctld(primary) at ${ownHost} is DOWN\n${banner}`, err: "", status: 1 };
};
