/**
 * The parts of devices that a job asks, `shard:2`, `mps:50`, `gpu:0.5`, `gpu:1g.10gb:2`: read out of the options for
 * devices, and refused where they do not go with what else is asked. What no node has is the next steps' to say. Pure.
 */
import {
  FRACTION_KIND,
  isShareKind,
  MAX_PARTS_OF_NODE,
  MAX_SHARES,
  type PartDemand,
  unitsOf,
} from "../model/device-parts.ts";
import { type GresItem, parseGpuCount, parseGres } from "../model/gres.ts";
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { AdmitCluster } from "./cluster.ts";

/** undefined where none are asked. `gresOfTask` is what --tres-per-task says, in the grammar of --gres. */
export function partAsked(
  spec: JobSpec,
  gresOfTask: string,
  cluster: AdmitCluster,
): Result<PartDemand | undefined> {
  const perNode = [...itemsOf(spec.gres, parseGres), ...itemsOf(spec.gpusPerNode, parseGpuCount)];
  const parts = perNode.filter((item) => isPart(item, cluster));
  const elsewhere = [
    ...itemsOf(spec.gpus, parseGpuCount),
    ...itemsOf(spec.gpusPerTask, parseGpuCount),
    ...itemsOf(spec.gpusPerSocket, parseGpuCount),
    ...itemsOf(gresOfTask, parseGres),
  ];
  const stray = elsewhere.find((item) => isPart(item, cluster));
  if (stray !== undefined) {
    const message = "parts of devices are asked for each node, by --gres or --gpus-per-node";
    return refuse("INVALID_GRES", message, { gres: stray.name });
  }
  const [part] = parts;
  if (part === undefined) return ok(undefined);
  if (
    parts.length + elsewhere.length > 1 ||
    perNode.some((item) => item.count > 0 && !parts.includes(item))
  ) {
    const message = "a job has parts of devices of one kind, or whole devices, and not both";
    return refuse("INVALID_GRES", message, { gres: part.name });
  }
  return demandOf(part, cluster);
}

function demandOf(item: GresItem, cluster: AdmitCluster): Result<PartDemand | undefined> {
  const { name, type = "", count, thousandths } = item;
  if (thousandths !== undefined) {
    if (name === FRACTION_KIND)
      return known({ kind: FRACTION_KIND, type, units: thousandths, count: 1 }, cluster);
    return refuse("INVALID_GRES", `${name} is counted whole; fractions are of gpu`, { gres: name });
  }
  if (isShareKind(name)) {
    if (count === 0) return ok(undefined);
    return known({ kind: name, type, units: Math.min(count, MAX_SHARES + 1), count: 1 }, cluster);
  }
  if (count > MAX_PARTS_OF_NODE) {
    const details = { gres: type, asked: count, most: MAX_PARTS_OF_NODE };
    return refuse("INVALID_GRES", `a node gives a job at most ${MAX_PARTS_OF_NODE} parts`, details);
  }
  return count === 0 ? ok(undefined) : ok({ kind: type, type: "", units: 1, count });
}

/** What no device of the cluster has, by any number, is a wrong name. */
function known(demand: PartDemand, cluster: AdmitCluster): Result<PartDemand> {
  const { kind, type } = demand;
  const isThere = devicesOf(cluster).some(
    (device) => (type === "" || device.type === type) && unitsOf(device, kind) > 0,
  );
  if (isThere) return ok(demand);
  const gres = type === "" ? kind : `${kind}:${type}`;
  return refuse("INVALID_GRES", `no node has a GRES ${gres}`, { gres });
}

function isPart({ name, type, thousandths }: GresItem, cluster: AdmitCluster): boolean {
  if (thousandths !== undefined) return true;
  if (isShareKind(name)) return true;
  if (name !== FRACTION_KIND || type === undefined || cluster.dimensionOf(name, type) !== undefined)
    return false;
  return devicesOf(cluster).some((device) => unitsOf(device, type) > 0 && !isShareKind(type));
}

const devicesOf = ({ classes }: AdmitCluster) => classes.flatMap(({ devices = [] }) => devices);

/** What is not understood is told by those who read the option for whole devices. */
function itemsOf(text: string | undefined, parse: typeof parseGres): readonly GresItem[] {
  if (text === undefined || text === "") return [];
  const items = parse(text);
  return items.ok ? items.value : [];
}
