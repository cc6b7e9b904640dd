/** The options of `rota simulate` for lists of pods, checked before any list is opened. Pure. */
import { ok, type Result, refuse } from "../../model/refusal.ts";
import { oneOf } from "../one-of.ts";
import { POD_PLACEMENTS } from "./pod.ts";

/** As the command line gives them; those of other workloads are refused by name. */
export interface PodFlags {
  readonly nodesFile?: string;
  readonly arrivals?: string;
  readonly untilArrived?: string;
  readonly curve?: string;
  readonly report?: string;
  readonly placement?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

export interface PodSettings {
  readonly podsPath: string;
  readonly nodesPath: string;
  readonly arrivalsPath?: string;
  /** One of POD_PLACEMENTS, or the path of a `.wasm` file. */
  readonly placement: string;
  readonly seed: number;
  readonly untilArrivedPct: number;
}

const MAX_SEED = 4_294_967_295;
/** Percent of the cluster's GPUs; arrivals beyond it are not of interest. */
const MAX_ARRIVED_PCT = 100_000;
const ONLY_WITH_NODES_FILE = ["arrivals", "untilArrived", "curve"] as const;
const TAKEN: ReadonlySet<string> = new Set([
  "nodesFile",
  ...ONLY_WITH_NODES_FILE,
  "report",
  "placement",
  "seed",
  "json",
]);

const wordOf = (flag: string): string =>
  `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Whether the options are those of pods; a list of pods is known by its list of nodes. */
export const asksForPods = (flags: PodFlags): boolean =>
  flags.nodesFile !== undefined || ONLY_WITH_NODES_FILE.some((flag) => flags[flag] !== undefined);

/** The settings, or what is wrong with the first option that cannot be. */
export function readPodFlags(paths: readonly string[], flags: PodFlags): Result<PodSettings> {
  const { nodesFile, arrivals } = flags;
  if (nodesFile === undefined) {
    const given = ONLY_WITH_NODES_FILE.find((flag) => flags[flag] !== undefined)!;
    return refuse("INVALID_SPEC", `${wordOf(given)} is of lists of pods; give --nodes-file with it`);
  }
  const other = Object.entries(flags).find(([flag, value]) => value !== undefined && !TAKEN.has(flag));
  if (other !== undefined)
    return refuse(
      "INVALID_SPEC",
      `${wordOf(other[0])} is not of lists of pods; leave out it or --nodes-file`,
    );
  const [podsPath] = paths;
  if (podsPath === undefined || paths.length > 1)
    return refuse("INVALID_SPEC", "--nodes-file goes with one list of pods; give one");
  const placement = placementOf(flags.placement ?? "fgd");
  if (!placement.ok) return placement;
  const seed = whole("seed", flags.seed ?? "0", MAX_SEED);
  if (!seed.ok) return seed;
  const until = whole("until-arrived", flags.untilArrived ?? String(MAX_ARRIVED_PCT), MAX_ARRIVED_PCT);
  if (!until.ok) return until;
  return ok({
    podsPath,
    nodesPath: nodesFile,
    ...(arrivals === undefined ? {} : { arrivalsPath: arrivals }),
    placement: placement.value,
    seed: seed.value,
    untilArrivedPct: until.value,
  });
}

function placementOf(name: string): Result<string> {
  if (name.endsWith(".wasm")) return ok(name);
  const known = oneOf("placement", name, POD_PLACEMENTS);
  if (known.ok) return known;
  return refuse("INVALID_SPEC", `${known.refusal.message}, or the path of a .wasm file`);
}

function whole(option: string, text: string, most: number): Result<number> {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return ok(value);
  return refuse("INVALID_SPEC", `--${option} is "${text}"; give a whole number from 0 to ${most}`);
}
