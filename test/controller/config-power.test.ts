import { describe, expect, it } from "vitest";
import { parseConfig } from "../../core/controller/config.ts";
import { POWER_DEFAULTS, type PowerConfig } from "../../core/controller/config-power.ts";

const REST = "nodes: [{ names: 'n[1-4]' }]\npartitions: [{ name: debug }, { name: long }]\n";

const power = (text: string): PowerConfig | readonly string[] => {
  const result = parseConfig(`${REST}${text}`, "rota.yaml");
  return result.ok ? result.value.power : result.refusal.message.split("\n");
};

describe("the power: of a configuration", () => {
  it("is read with every key", () => {
    const text = `power:
  suspend_time: 30m
  suspend_program: /sbin/off
  resume_program: /sbin/on
  reboot_program: /sbin/again
  suspend_timeout: 45s
  resume_timeout: 5m
  suspend_per_minute: 10
  resume_per_minute: 0
  except_nodes: n[1-2]
  except_partitions: [long]
`;
    expect(power(text)).toEqual({
      suspendTimeS: 1800,
      suspendProgram: "/sbin/off",
      resumeProgram: "/sbin/on",
      rebootProgram: "/sbin/again",
      suspendTimeoutS: 45,
      resumeTimeoutS: 300,
      suspendPerMinute: 10,
      resumePerMinute: 0,
      exceptNodes: ["n1", "n2"],
      exceptPartitions: ["long"],
    });
  });

  it("is that nodes stay on where nothing is said", () => {
    expect(power("")).toEqual(POWER_DEFAULTS);
  });

  it.each([
    [
      "power: { suspend_time: 1h }",
      "3:8: power: to switch nodes off give suspend_program and resume_program, both",
    ],
    [
      "power: { suspend_program: /sbin/off }",
      "3:8: power: to switch nodes off give suspend_program and resume_program, both",
    ],
    [
      "power: { suspend_program: off, resume_program: /sbin/on }",
      `3:27: suspend_program is "off"; write the program's whole path, as /usr/local/sbin/power-off`,
    ],
    ["power: { suspend_time: 30 }", "3:24: suspend_time is 30, which has no unit; write 30m or 30s"],
    ["power: { except_nodes: n7 }", "3:24: except_nodes names n7, which is not among the nodes"],
    ["power: { except_partitions: [nope] }", '3:30: a partition is "nope"; write debug, long'],
  ])("refuses %s", (text, fault) => {
    expect(power(text)).toContain(`rota.yaml:${fault}`);
  });
});
