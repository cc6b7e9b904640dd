/** Words and marks as the real Slurm 22.05 gives them for nodes in these states. */
import { describe, expect, it } from "vitest";
import {
  compactNodeState,
  fullNodeState,
  longNodeState,
  parseNodeStates,
} from "../../core/cli/node-states.ts";
import type { NodeView } from "../../core/model/views.ts";
import { node } from "./views.ts";

const MIXED = { baseState: "mixed", allocCpus: 1 } as const;

const ROWS: readonly (readonly [over: Partial<NodeView>, compact: string, long: string, full: string])[] = [
  [{ power: "power-down" }, "idle!", "idle!", "IDLE+POWER_DOWN"],
  [{ power: "powering-down" }, "idle%", "idle%", "IDLE+POWERING_DOWN"],
  [{ power: "down" }, "idle~", "idle~", "IDLE+POWERED_DOWN"],
  [{ ...MIXED, power: "powering-up" }, "mix#", "mixed#", "MIXED+NOT_RESPONDING+POWERING_UP"],
  [
    { ...MIXED, drain: true, power: "reboot-requested" },
    ...(["drng@", "draining@", "MIXED+DRAIN+REBOOT_REQUESTED"] as const),
  ],
  [{ baseState: "down", power: "rebooting" }, "boot^", "reboot^", "DOWN+REBOOT_ISSUED"],
  [{ drain: true, power: "power-down" }, "drain!", "drained!", "IDLE+DRAIN+POWER_DOWN"],
  [{ drain: true, reason: "x" }, "drain", "drained", "IDLE+DRAIN"],
  [{ ...MIXED, drain: true }, "drng", "draining", "MIXED+DRAIN"],
  [{ ...MIXED, reserved: "maintenance" }, "mix$", "mixed$", "MIXED+MAINTENANCE+RESERVED"],
];

describe("the state of a node", () => {
  it.each(ROWS)("%j is shown as %s, %s and %s", (over, compact, long, full) => {
    const view = node(1, over);
    expect([compactNodeState(view), longNodeState(view), fullNodeState(view)]).toEqual([compact, long, full]);
  });

  it.each([
    ["powered_down", "down"],
    ["powering_down", "powering-down"],
    ["powering_up", "powering-up"],
    ["power_down", "power-down"],
    ["reboot", "reboot-requested"],
    ["reboot^", "rebooting"],
  ] as const)("is selected by --states=%s", (word, power) => {
    const parsed = parseNodeStates(word);
    expect(parsed.ok && parsed.test(node(1, { power }))).toBe(true);
    expect(parsed.ok && parsed.test(node(1))).toBe(false);
  });
});
