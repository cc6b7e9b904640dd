/**
 * What a node's list of GRES says of its devices: `gpu:a100:8,shard:64,mps:800,profiles:a100-80gb`. Items of shares and
 * profiles are no devices of their own: shares are spread evenly over the GPUs of the node, a table of profiles is every
 * GPU's. Used by agents, the configuration and the simulator alike. Pure.
 */
import {
  type DeviceParts,
  FRACTION_KIND,
  isShareKind,
  MAX_SHARES,
  type PartedDevice,
} from "./device-parts.ts";
import type { GresItem } from "./gres.ts";
import { DEVICE_LANES } from "./ids.ts";
import { PROFILE_TABLES, profileTable } from "./profile-tables.ts";
import { ok, type Result, refuse } from "./refusal.ts";

/** Name of the item that names a table. */
const PROFILES_ITEM = "profiles";

/** Items that are devices. */
export const deviceItems = (items: readonly GresItem[]): readonly GresItem[] =>
  items.filter((item) => !isOfParts(item));

/** The devices that are named, no more than a node can have. */
export const namedDevices = (items: readonly GresItem[]): readonly PartedDevice[] =>
  deviceItems(items).flatMap(({ name, type = "", count }) =>
    Array.from({ length: Math.min(count, DEVICE_LANES) }, () => ({ name, type })),
  );

/** Why the items of parts mean nothing, undefined where they do. What the node's devices are is not looked at. */
export function faultOfParts(items: readonly GresItem[]): string | undefined {
  for (const { name, type, count, thousandths } of items) {
    if (thousandths !== undefined) return `${name}: a node has whole devices`;
    if (name !== PROFILES_ITEM) continue;
    const tables = PROFILE_TABLES.map((table) => table.name).join(", ");
    if (type === undefined || count !== 1) return `${PROFILES_ITEM} names one table of ${tables}`;
    if (profileTable(type) === undefined) return `there is no table of profiles ${type}; there are ${tables}`;
  }
  return undefined;
}

/** The devices with the parts that the items give them; a refusal where these cannot be spread over them. */
export function withParts<D extends PartedDevice>(
  devices: readonly D[],
  items: readonly GresItem[],
): Result<readonly D[]> {
  const fault = faultOfParts(items);
  if (fault !== undefined) return refuse("INVALID_GRES", fault);
  const parts = devices.map((): DeviceParts => ({}));
  for (const { name, type, count } of items.filter(isOfParts)) {
    const isProfiles = name === PROFILES_ITEM;
    const gpus = devices.flatMap((device, lane) =>
      device.name === FRACTION_KIND && (isProfiles || type === undefined || device.type === type)
        ? [lane]
        : [],
    );
    const most = gpus.length * MAX_SHARES;
    if (gpus.length === 0 || (!isProfiles && count > most)) {
      const message =
        gpus.length === 0
          ? `${name} needs GPUs${type === undefined || isProfiles ? "" : ` of type ${type}`} that it is spread over`
          : `${name} is at most ${MAX_SHARES} for each of ${gpus.length} GPUs`;
      return refuse("INVALID_GRES", message, { gres: name, asked: count, most });
    }
    gpus.forEach((lane, i) => {
      const shares = Math.floor(count / gpus.length) + (i < count % gpus.length ? 1 : 0);
      if (isProfiles) parts[lane] = { ...parts[lane], profiles: type! };
      else if (shares > 0) parts[lane] = { ...parts[lane], [name]: shares };
    });
  }
  return ok(
    devices.map((device, lane) =>
      Object.keys(parts[lane]!).length === 0 ? device : { ...device, parts: parts[lane]! },
    ),
  );
}

const isOfParts = ({ name }: GresItem): boolean => isShareKind(name) || name === PROFILES_ITEM;
