/**
 * Variables that tell a job which parts of devices it has, as Slurm sets them: SLURM_SHARDS_ON_NODE, and for MPS how many
 * of a device's threads it may use. Profiles and thousandths have no variables of Slurm's, so they have one of Rota's. Pure.
 */
import { isShareKind } from "../../core/model/device-parts.ts";
import type { GrantedDevice } from "../../plugins/sdk/hardware.ts";

export const partVariables = (granted: readonly GrantedDevice[]): Record<string, string> => {
  const parted = granted.flatMap((share) =>
    share.part === undefined ? [] : [{ ...share, part: share.part }],
  );
  if (parted.length === 0) return {};
  const variables: Record<string, string> = {};
  let shards = 0;
  for (const { thousandths, part } of parted) {
    if (part.kind === "shard") shards += part.units;
    if (part.kind === "mps")
      variables["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] = `${Math.max(1, Math.floor(thousandths / 10))}`;
  }
  if (shards > 0) variables["SLURM_SHARDS_ON_NODE"] = `${shards}`;
  const others = parted.filter(({ part }) => !isShareKind(part.kind));
  if (others.length > 0) variables["ROTA_DEVICE_PARTS"] = others.map(textOf).join(",");
  return variables;
};

/** `0:1g.10gb@2`, `1:500`: the device's index, and the profile with its first slice or the thousandths. */
const textOf = ({ device, part }: Required<GrantedDevice>): string =>
  `${device.vendorIndex}:${part.start === undefined ? part.units : `${part.kind}@${part.start}`}`;
