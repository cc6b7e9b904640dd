/**
 * The `power:` of rota.yaml: when idle nodes are switched off, by which programs nodes are switched off, on and rebooted,
 * and how long that may take. Reads a document; starts nothing.
 */
import { expandHostlist } from "../model/hostlist.ts";
import type { PartitionSpec } from "../model/partition.ts";
import type { ExpectedNode } from "../state/events.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

export interface PowerConfig {
  /** Seconds that a node is idle before it is switched off; 0: none is, but by an operator. */
  readonly suspendTimeS: number;
  /** Each is called with a hostlist of the nodes that it is to deal with; "" for none. */
  readonly suspendProgram: string;
  readonly resumeProgram: string;
  readonly rebootProgram: string;
  /** Seconds after which a node that powers down counts as down; the program may take as long. */
  readonly suspendTimeoutS: number;
  /** Seconds in which a node that is woken, or reboots, must have registered; the program may take as long. */
  readonly resumeTimeoutS: number;
  /** Nodes that are switched off and on at most in a minute; 0 for any number. */
  readonly suspendPerMinute: number;
  readonly resumePerMinute: number;
  /** Nodes that are never switched off for being idle. */
  readonly exceptNodes: readonly string[];
  readonly exceptPartitions: readonly string[];
}

/** As Slurm's. */
export const POWER_DEFAULTS: PowerConfig = {
  suspendTimeS: 0,
  suspendProgram: "",
  resumeProgram: "",
  rebootProgram: "",
  suspendTimeoutS: 30,
  resumeTimeoutS: 60,
  suspendPerMinute: 60,
  resumePerMinute: 300,
  exceptNodes: [],
  exceptPartitions: [],
};

const KEYS = [
  "suspend_time",
  "suspend_program",
  "resume_program",
  "reboot_program",
  "suspend_timeout",
  "resume_timeout",
  "suspend_per_minute",
  "resume_per_minute",
  "except_nodes",
  "except_partitions",
] as const;
const MAX_PER_MINUTE = 1_000_000;
const MAX_PATH = 4096;
const PROGRAM = { pattern: /^\//, words: "the program's whole path, as /usr/local/sbin/power-off" };

export function readPower(
  document: ConfigDocument,
  spot: Spot | undefined,
  nodes: readonly ExpectedNode[],
  partitions: readonly PartitionSpec[],
): PowerConfig {
  const fields = document.fields(spot, KEYS);
  const program = (key: (typeof KEYS)[number]): string =>
    document.text(fields.get(key), MAX_PATH, PROGRAM) ?? "";
  const perMinute = (key: (typeof KEYS)[number], usual: number): number =>
    document.integer(fields.get(key), 0, MAX_PER_MINUTE) ?? usual;
  const power: PowerConfig = {
    suspendTimeS: document.durationS(fields.get("suspend_time"), 1, false) ?? POWER_DEFAULTS.suspendTimeS,
    suspendProgram: program("suspend_program"),
    resumeProgram: program("resume_program"),
    rebootProgram: program("reboot_program"),
    suspendTimeoutS:
      document.durationS(fields.get("suspend_timeout"), 1, false) ?? POWER_DEFAULTS.suspendTimeoutS,
    resumeTimeoutS:
      document.durationS(fields.get("resume_timeout"), 1, false) ?? POWER_DEFAULTS.resumeTimeoutS,
    suspendPerMinute: perMinute("suspend_per_minute", POWER_DEFAULTS.suspendPerMinute),
    resumePerMinute: perMinute("resume_per_minute", POWER_DEFAULTS.resumePerMinute),
    exceptNodes: readExceptNodes(document, fields.get("except_nodes"), nodes),
    exceptPartitions: document
      .items(fields.get("except_partitions"), "a partition", 0, partitions.length)
      .flatMap(
        (item) =>
          document.oneOf(
            item,
            partitions.map(({ name }) => name),
          ) ?? [],
      ),
  };
  const [suspend, resume] = [power.suspendProgram !== "", power.resumeProgram !== ""];
  const hasBoth = suspend && resume;
  if (spot !== undefined && (suspend !== resume || (power.suspendTimeS > 0 && !hasBoth)))
    document.fault(spot.offset, "power: to switch nodes off give suspend_program and resume_program, both");
  return power;
}

function readExceptNodes(
  document: ConfigDocument,
  spot: Spot | undefined,
  nodes: readonly ExpectedNode[],
): readonly string[] {
  const text = document.text(spot, 65_536);
  if (spot === undefined || text === undefined) return [];
  const names = expandHostlist(text);
  if (!names.ok) {
    document.fault(spot.offset, `except_nodes: ${names.message}`);
    return [];
  }
  const listed = new Set(nodes.map(({ name }) => name));
  const unknown = nodes.length === 0 ? undefined : names.value.find((name) => !listed.has(name));
  if (unknown !== undefined)
    document.fault(spot.offset, `except_nodes names ${unknown}, which is not among the nodes`);
  return names.value;
}

/** Whether nodes can be switched off and on at all. */
export const hasPowerSaving = ({ suspendProgram, resumeProgram }: PowerConfig): boolean =>
  suspendProgram !== "" && resumeProgram !== "";
