/** Which of the job's devices on a node a step has: those that it asks for, or all of them where it asks for none. Pure. */
import { isShareKind } from "../model/device-parts.ts";
import { type GresItem, parseGpuCount, parseGres } from "../model/gres.ts";
import type { DeviceShare } from "../model/job.ts";
import type { NodeSpec } from "../model/node.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { MAX_STEP_TASKS, type StepAsk } from "../model/step.ts";

export interface DevicesAsked {
  readonly isAsked: boolean;
  /** On each node, whatever its tasks. */
  readonly perNode: readonly GresItem[];
  /** Of the whole step, to be spread over its nodes. */
  readonly perStep: readonly GresItem[];
  /** For each task. */
  readonly perTaskItems: readonly GresItem[];
  /** Devices that each task sees alone; 0: all see all. */
  readonly perTask: number;
  /** Tasks that a node has devices for. */
  room(free: readonly DeviceShare[], spec: NodeSpec): number;
}

/** INVALID_GRES for what is not understood. */
export function devicesAsked(ask: StepAsk): Result<DevicesAsked> {
  const gres = ask.gres === undefined ? undefined : parseGres(ask.gres);
  const counts = [ask.gpus, ask.gpusPerNode, ask.gpusPerTask].map((text) =>
    text === undefined ? undefined : parseGpuCount(text),
  );
  for (const parsed of [gres, ...counts])
    if (parsed?.ok === false) return refuse("INVALID_GRES", parsed.message);
  const items = (at: number): readonly GresItem[] => {
    const parsed = counts[at];
    return parsed?.ok === true ? parsed.value : [];
  };
  const perNode = [...(gres?.ok === true ? gres.value : []), ...items(1)];
  const perTaskItems = items(2);
  return ok({
    isAsked: gres !== undefined || counts.some((parsed) => parsed !== undefined),
    perNode,
    perStep: items(0),
    perTaskItems,
    perTask: perTaskItems.reduce((sum, { count }) => sum + count, 0),
    room: (free, spec) => {
      for (const item of perNode) if (matching(item, free, spec).length < wantedOf(item)) return 0;
      return perTaskItems.reduce(
        (room, item) =>
          item.count === 0
            ? room
            : Math.min(room, Math.floor(matching(item, free, spec).length / item.count)),
        MAX_STEP_TASKS,
      );
    },
  });
}

/** The node's part: `rank` of `nodes`. Without an ask, all that the job has there. */
export function pickDevices(
  asked: DevicesAsked,
  free: readonly DeviceShare[],
  all: readonly DeviceShare[],
  spec: NodeSpec,
  tasks: number,
  nodes: number,
  rank: number,
): Result<readonly DeviceShare[]> {
  if (!asked.isAsked) return ok(all);
  const picked = new Set<DeviceShare>();
  const take = (item: GresItem, count: number): boolean => {
    const fitting = matching(item, free, spec).filter((share) => !picked.has(share));
    const wanted = isOfShares(item) ? wantedOf(item) : count;
    for (const share of fitting.slice(0, wanted)) picked.add(share);
    return fitting.length >= wanted;
  };
  const spread = ({ count }: GresItem): number => Math.floor(count / nodes) + (rank < count % nodes ? 1 : 0);
  const whole =
    asked.perNode.every((item) => take(item, item.count)) &&
    asked.perStep.every((item) => take(item, spread(item))) &&
    asked.perTaskItems.every((item) => take(item, item.count * tasks));
  if (!whole) return refuse("INVALID_GRES", `the job has fewer devices on ${spec.name}`, { node: spec.name });
  return ok(all.filter((share) => picked.has(share)));
}

/** A step has the whole of its job's shares of a device, or of its fraction of one, if it asks no more. */
const isOfShares = ({ name, thousandths }: GresItem): boolean =>
  isShareKind(name) || thousandths !== undefined;

const wantedOf = (item: GresItem): number =>
  isOfShares(item) && item.count + (item.thousandths ?? 0) > 0 ? 1 : item.count;

const matching = (item: GresItem, shares: readonly DeviceShare[], spec: NodeSpec): readonly DeviceShare[] =>
  shares.filter(({ lane, part }) => {
    const device = spec.devices[lane];
    const isProfile = part?.start !== undefined && item.name === "gpu" && item.type === part.kind;
    const isType = item.type === undefined || device?.type === item.type;
    if (isOfShares(item)) {
      const units = item.thousandths ?? item.count;
      return part?.kind === item.name && isType && part.units >= units;
    }
    const isWhole = part === undefined || part.start !== undefined;
    return isProfile || (isWhole && device?.name === item.name && isType);
  });
