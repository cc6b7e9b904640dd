import { describe, expect, it } from "vitest";
import { POWER_DEFAULTS } from "../../core/controller/config-power.ts";
import { nodeChange } from "../../core/controller/node-update.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import type { NodeRecord } from "../../core/model/node.ts";
import type { NodePower } from "../../core/model/node-power.ts";
import type { NodeUpdate } from "../../core/model/node-update.ts";
import { nodeSpec } from "../state/fixture.ts";

const CONFIG = { ...POWER_DEFAULTS, suspendProgram: "/off", resumeProgram: "/on", rebootProgram: "/again" };

const record = (state?: NodePower["state"], over: Partial<NodePower & NodeRecord> = {}): NodeRecord => ({
  index: nodeIndex(0),
  spec: nodeSpec("n1"),
  ...{ responding: true, down: false, drain: false, reason: "", reasonUid: 0, reasonS: 0 },
  registeredS: 1,
  lastBusyS: 1,
  ...(state === undefined ? {} : { power: { state, sinceS: 5, ...over } }),
  ...over,
});

/** Fields of the event, or the refusal's code. */
const change = (node: NodeRecord, update: NodeUpdate, config = CONFIG): unknown => {
  const made = nodeChange(node, update, config);
  return made.ok ? made.value.fields : made.refusal.code;
};

describe("an operator's change of a node", () => {
  it.each([
    [{ weight: 5 }, { weight: 5 }],
    [
      { state: "DRAIN", reason: "disk", weight: 2 },
      { drain: true, reason: "disk", weight: 2 },
    ],
    [{ state: "RESUME" }, { drain: false, down: false, reason: "" }],
    [{ state: "DRAIN" }, "INVALID_SPEC"],
    [{}, "INVALID_SPEC"],
  ] as const)("%j of one that is awake is %j", (update, fields) => {
    expect(change(record(), update)).toEqual(fields);
  });

  it("has it switched off when idle, at once without more jobs, or with the jobs that it has", () => {
    expect(change(record(), { state: "POWER_DOWN" })).toEqual({ power: { state: "power-down" } });
    expect(change(record(), { state: "POWER_DOWN_ASAP" })).toEqual({
      drain: true,
      power: { state: "power-down", drained: true },
      reason: "POWER_DOWN_ASAP",
    });
    expect(nodeChange(record(), { state: "POWER_DOWN_FORCE" }, CONFIG)).toMatchObject({
      value: { isLost: true, fields: { power: { state: "power-down" } } },
    });
    expect(change(record("down"), { state: "POWER_DOWN" })).toEqual({});
  });

  it("wakes it, when it is down, or takes the asking back", () => {
    expect(change(record("down"), { state: "POWER_UP" })).toEqual({ power: { state: "down", wake: true } });
    expect(change(record("powering-down"), { state: "POWER_UP" })).toEqual({
      power: { state: "powering-down", wake: true },
    });
    expect(change(record("power-down"), { state: "POWER_UP" })).toEqual({ power: null });
    expect(change(record(), { state: "POWER_UP" })).toEqual({});
  });

  it("resumes one that powers down as one that is down, and refuses where there is nothing to resume", () => {
    expect(change(record("powering-down"), { state: "RESUME" })).toMatchObject({ power: { state: "down" } });
    expect(change(record("down"), { state: "RESUME" })).toBe("NODE_STATE");
    expect(change({ ...record("down"), drain: true }, { state: "RESUME" })).toEqual({
      drain: false,
      down: false,
      reason: "",
    });
  });

  it("reboots it, once, and takes that back before it is done", () => {
    expect(change(record(), { state: "REBOOT" })).toEqual({
      power: { state: "reboot-requested" },
      reason: "reboot requested",
    });
    expect(change(record(), { state: "REBOOT", asap: true, nextState: "DOWN", reason: "kern" })).toEqual({
      drain: true,
      power: { state: "reboot-requested", next: "DOWN", drained: true },
      reason: "kern",
    });
    expect(change(record("reboot-requested"), { state: "REBOOT" })).toEqual({});
    expect(change(record("reboot-requested", { drained: true }), { state: "CANCEL_REBOOT" })).toEqual({
      power: null,
      reason: "",
      drain: false,
    });
    expect(change(record("rebooting"), { state: "CANCEL_REBOOT" })).toBe("NODE_STATE");
  });

  it("is refused where the site gives no program for it", () => {
    expect(change(record(), { state: "POWER_DOWN" }, POWER_DEFAULTS)).toBe("NODE_STATE");
    expect(change(record(), { state: "REBOOT" }, POWER_DEFAULTS)).toBe("NOT_SUPPORTED");
  });
});
