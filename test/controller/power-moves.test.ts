import { describe, expect, it } from "vitest";
import { POWER_DEFAULTS } from "../../core/controller/config-power.ts";
import { type PowerFacts, powerMove } from "../../core/controller/power-moves.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import type { NodeRecord } from "../../core/model/node.ts";
import type { NodePower } from "../../core/model/node-power.ts";
import { nodeSpec } from "../state/fixture.ts";

const NOW_S = 1000;
const CONFIG = { ...POWER_DEFAULTS, suspendTimeoutS: 30, resumeTimeoutS: 60 };

const record = (
  power?: Omit<NodePower, "sinceS">,
  sinceS = NOW_S,
  over: Partial<NodeRecord> = {},
): NodeRecord => ({
  index: nodeIndex(0),
  spec: nodeSpec("n1"),
  ...{ responding: true, down: false, drain: false, reason: "", reasonUid: 0, reasonS: 0 },
  registeredS: 1,
  lastBusyS: 1,
  ...(power === undefined ? {} : { power: { ...power, sinceS } }),
  ...over,
});

const facts = (over: Partial<PowerFacts> = {}): PowerFacts => ({
  nowS: NOW_S,
  isConnected: false,
  hasJobs: false,
  mayIdleOff: false,
  ...over,
});

const move = (node: NodeRecord, over: Partial<PowerFacts> = {}) => powerMove(node, facts(over), CONFIG);

const OFF = { change: { power: { state: "powering-down" } }, program: "suspend" };
const ON = { change: { power: { state: "powering-up" } }, program: "resume" };

describe("a node", () => {
  it("that is awake is switched off only when it may be for being idle", () => {
    expect(move(record())).toBeUndefined();
    expect(move(record(), { mayIdleOff: true })).toEqual(OFF);
  });

  it("that is to be switched off is when its jobs have ended, and takes jobs again when it was drained for that", () => {
    expect(move(record({ state: "power-down" }), { hasJobs: true })).toBeUndefined();
    expect(move(record({ state: "power-down" }))).toEqual(OFF);
    expect(move(record({ state: "power-down", drained: true }))).toEqual({
      ...OFF,
      change: { ...OFF.change, drain: false },
    });
  });

  it("that powers down is down after the suspend timeout, and not before", () => {
    expect(move(record({ state: "powering-down" }, NOW_S - 29))).toBeUndefined();
    expect(move(record({ state: "powering-down" }, NOW_S - 30))).toEqual({
      change: { power: { state: "down" } },
    });
    const asap = record({ state: "powering-down" }, NOW_S - 30, { reason: "POWER_DOWN_ASAP" });
    expect(move(asap)?.change).toEqual({ power: { state: "down" }, reason: "" });
    const broken = record({ state: "powering-down" }, NOW_S - 30, { reason: "disk" });
    expect(move(broken)?.change).toEqual({ power: { state: "down" } });
  });

  it("that was to power down and still answers is awake, with the reason", () => {
    const late = record({ state: "powering-down" }, NOW_S - 30);
    expect(move(late, { isConnected: true })?.change).toEqual({
      power: null,
      reason: "rota: SuspendTimeout reached",
    });
    const failed = { ...late, reason: "rota: suspend program: exit code 3" };
    expect(move(failed, { isConnected: true })?.change).toEqual({ power: null, reason: failed.reason });
  });

  it("that sleeps is woken for a job, or when somebody asked for that while it powered down", () => {
    expect(move(record({ state: "down" }))).toBeUndefined();
    expect(move(record({ state: "down" }), { hasJobs: true })).toEqual(ON);
    expect(move(record({ state: "down", wake: true }))).toEqual(ON);
    expect(move(record({ state: "powering-down", wake: true }, NOW_S - 30))).toEqual(ON);
  });

  it("that does not come back in time is down, and its jobs have lost it", () => {
    expect(move(record({ state: "powering-up" }, NOW_S - 59), { hasJobs: true })).toBeUndefined();
    expect(move(record({ state: "powering-up" }, NOW_S - 60), { hasJobs: true })).toEqual({
      change: { power: null, responding: false, down: true, reason: "rota: ResumeTimeout reached" },
      isLost: true,
    });
    expect(move(record({ state: "rebooting" }, NOW_S - 60))?.change.reason).toBe("rota: reboot timed out");
  });

  it("reboots when its jobs have ended, and keeps what is to be then", () => {
    const asked = record({ state: "reboot-requested", next: "DOWN", drained: true }, NOW_S, {
      reason: "kern",
    });
    expect(move(asked, { hasJobs: true })).toBeUndefined();
    expect(move(asked)).toEqual({
      change: { power: { state: "rebooting", next: "DOWN", drained: true }, reason: "kern : reboot issued" },
      program: "reboot",
    });
  });
});
