/** The states of nodes in Slurm's words: `mix`, `drained*`, `IDLE+DRAIN`; and what sinfo --states selects. Pure. */
import type { PowerState } from "../model/node-power.ts";
import type { NodeView } from "../model/views.ts";

const COMPACT = { idle: "idle", mixed: "mix", allocated: "alloc", down: "down", unknown: "unk" } as const;

/** A drained node that still runs jobs drains; one that does not is drained. */
const drainWord = (node: NodeView): "draining" | "drained" =>
  node.baseState === "allocated" || node.baseState === "mixed" ? "draining" : "drained";

/** `mixed`, `draining`, `down*`, `reserved`, `maint`, `mixed$`, `idle~`, `reboot^` */
export const longNodeState = (node: NodeView): string => {
  if (node.power === "rebooting") return "reboot^";
  const word = node.drain ? drainWord(node) : node.baseState;
  return isIdleReserved(node) ? reservedWord(node, "reserved") : `${word}${mark(node)}`;
};

/** A node that is kept by a reservation, and runs nothing, is shown as that. */
const isIdleReserved = (node: NodeView): boolean =>
  node.reserved !== undefined && !node.drain && node.baseState === "idle" && node.power === undefined;

const reservedWord = (node: NodeView, reserved: string): string =>
  `${node.reserved === "maintenance" ? "maint" : reserved}${node.responding ? "" : "*"}`;

/** `mix`, `drng`, `down*`, `idle~`, `boot^` */
export const compactNodeState = (node: NodeView): string => {
  if (node.power === "rebooting") return "boot^";
  const word = node.drain ? (drainWord(node) === "draining" ? "drng" : "drain") : COMPACT[node.baseState];
  return isIdleReserved(node) ? reservedWord(node, "resv") : `${word}${mark(node)}`;
};

/** What scontrol says of a node's power, and the mark that sinfo sets. */
const POWER_WORDS = {
  "power-down": ["POWER_DOWN", "!"],
  "powering-down": ["POWERING_DOWN", "%"],
  down: ["POWERED_DOWN", "~"],
  "powering-up": ["POWERING_UP", "#"],
  "reboot-requested": ["REBOOT_REQUESTED", "@"],
  rebooting: ["REBOOT_ISSUED", "^"],
} as const satisfies Record<PowerState, readonly [word: string, mark: string]>;

/** `IDLE+DRAIN+NOT_RESPONDING`, as scontrol shows it. */
export const fullNodeState = (node: NodeView): string =>
  [
    node.baseState.toUpperCase(),
    ...(node.drain ? ["DRAIN"] : []),
    ...(node.reserved === "maintenance" ? ["MAINTENANCE"] : []),
    ...(node.reserved === undefined ? [] : ["RESERVED"]),
    ...(node.responding && node.power !== "powering-up" ? [] : ["NOT_RESPONDING"]),
    ...(node.power === undefined ? [] : [POWER_WORDS[node.power][0]]),
  ].join("+");

/** The mark of its power, `$` for a node under maintenance, `*` for one that does not answer. */
const mark = (node: NodeView): string => {
  if (node.power !== undefined) return POWER_WORDS[node.power][1];
  return node.reserved === "maintenance" ? "$" : node.responding ? "" : "*";
};

/** Slurm's numbers of the states, by which sinfo orders its lines. */
const BASE_NUMBERS = { unknown: 0, down: 1, idle: 2, allocated: 3, mixed: 5 } as const;
const RESERVED_FLAG = 0x20;
const DRAIN_FLAG = 0x200;
const MAINTENANCE_FLAG = 0x400;
const NOT_RESPONDING_FLAG = 0x800;

export const nodeStateNumber = (node: NodeView): number =>
  BASE_NUMBERS[node.baseState] +
  (node.reserved === undefined ? 0 : RESERVED_FLAG) +
  (node.reserved === "maintenance" ? MAINTENANCE_FLAG : 0) +
  (node.drain ? DRAIN_FLAG : 0) +
  (node.responding ? 0 : NOT_RESPONDING_FLAG);

/** Whether the node runs jobs. */
export const isAllocated = (node: NodeView): boolean =>
  node.baseState === "allocated" || node.baseState === "mixed";

/** Whether the node could run jobs that it does not run. */
export const isUsable = (node: NodeView): boolean =>
  !node.drain && node.baseState !== "down" && node.baseState !== "unknown";

type Test = (node: NodeView) => boolean;

/** Words of --states. Those of states that no node of Rota is ever in select nothing. */
const TESTS: readonly (readonly [words: readonly string[], test: Test])[] = [
  [["unknown", "unk"], (node) => node.baseState === "unknown"],
  [["down"], (node) => node.baseState === "down"],
  [["idle"], (node) => node.baseState === "idle" && !node.drain],
  [["allocated", "alloc"], isAllocated],
  [["mixed", "mix"], (node) => node.baseState === "mixed"],
  [["draining", "drng"], (node) => node.drain && isAllocated(node)],
  [["drained"], (node) => node.drain && !isAllocated(node)],
  [["drain"], (node) => node.drain],
  [["no_respond", "noresp", "not_responding"], (node) => !node.responding],
  [["respond"], (node) => node.responding],
  [["reserved", "resv"], (node) => node.reserved !== undefined],
  [["maint"], (node) => node.reserved === "maintenance"],
  [["power_down"], (node) => node.power === "power-down"],
  [["powering_down"], (node) => node.power === "powering-down"],
  [["powered_down", "pow_dn"], (node) => node.power === "down"],
  [["powering_up", "pow_up"], (node) => node.power === "powering-up"],
  [["reboot"], (node) => node.power === "reboot-requested" || node.power === "rebooting"],
  [["reboot^"], (node) => node.power === "rebooting"],
  [
    [
      ...["blocked", "cloud", "completing", "comp", "fail", "failg", "failing", "future", "futr", "inval"],
      ...["perfctrs", "planned", "plnd"],
    ],
    () => false,
  ],
];

/** As Slurm lists them in its message. */
export const VALID_NODE_STATES =
  "unknown,down,idle,allocated,?,mixed,future,drain,drained,draining,no_respond,reserved,perfctrs,cloud," +
  "completing,powering_down,powered_down,power_down,powering_up,fail,maint,reboot,reboot^,unknown";

/**
 * The test that `idle,mix`, `drain&alloc` or `~down` stands for: `,` any of them, `&` all of them, `~` not. A word may
 * be cut short where it stays clear.
 */
export const parseNodeStates = (
  text: string,
): { readonly ok: true; readonly test: Test } | { readonly ok: false; readonly word: string } => {
  const anyOf: Test[] = [];
  for (const group of text.split(",")) {
    const allOf: Test[] = [];
    for (const word of group.split("&")) {
      const negated = word.startsWith("~");
      const test = testOf(negated ? word.slice(1) : word);
      if (test === undefined) return { ok: false, word };
      allOf.push(negated ? (node) => !test(node) : test);
    }
    anyOf.push((node) => allOf.every((test) => test(node)));
  }
  return { ok: true, test: (node) => anyOf.some((test) => test(node)) };
};

const testOf = (word: string): Test | undefined => {
  const wanted = word.toLowerCase();
  if (wanted === "") return undefined;
  if (wanted === "all") return () => true;
  const exact = TESTS.find(([words]) => words.includes(wanted));
  if (exact !== undefined) return exact[1];
  return TESTS.find(([words]) => words[0]!.startsWith(wanted))?.[1];
};

/** What is in use of a node's devices, `gpu:tesla:1(IDX:0)`; where none is there are no indices to name. */
export const gresUsed = (node: NodeView): string =>
  node.gresUsed === "" ? "(null)" : node.gresUsed.replaceAll("(IDX:N/A)", "");
