import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClusterConfig, defaultConfig, parseConfig } from "../../core/controller/config.ts";
import { MAX_CONFIG_CHARS, MAX_CONFIG_FAULTS } from "../../core/controller/config-document.ts";
import { DEFAULT_MEM_PER_CPU_MIB } from "../../core/controller/config-partitions.ts";
import { POWER_DEFAULTS } from "../../core/controller/config-power.ts";
import { MAX_NODES } from "../../core/model/ids.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";

const parsed = (text: string, path = "rota.yaml"): ClusterConfig => {
  const result = parseConfig(text, path);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

const faults = (text: string): { code: string; lines: string[] } => {
  const result = parseConfig(text, "rota.yaml");
  return result.ok
    ? { code: "OK", lines: [] }
    : { code: result.refusal.code, lines: result.refusal.message.split("\n") };
};

const WHOLE = `# a small cluster
cluster: alpha
listen: { host: 0.0.0.0, port: 7000 }
nodes:
  - names: n[1-2]
    cpus: 4
    memory: 4000M
    gres: gpu:tesla:2
    features: [a100, ib]
    leaf: s1
    weight: 20
  - names: m1
partitions:
  - name: debug
    max_time: 60m
    def_mem_per_cpu: 100
  - name: long
    nodes: n[1-2]
    default: true
    max_time: unlimited
    default_time: 1-00:00:00
    max_nodes: 2
    min_nodes: 1
    def_mem_per_node: 1G
    priority_job_factor: 3
    priority_tier: 2
    exclusive_user: true
    state: DOWN
qos:
  - { name: high, priority: 100 }
scheduler: { backfill: easy, planners: 3 }
policies:
  priority: { module: multifactor, parameters: { ageWeight: 500, favorSmall: 1 } }
  placement: own/best.wasm
  topology: none
  call_budget: 50ms
store: { kind: sqlite }
limits: { max_jobs: 1000, max_array_size: 5001, min_job_age: 10m, max_switch_wait: 2m }
timing: { kill_wait: 10s, requeue_delay: 1m, node_grace: 500ms, node_timeout: 2m, heartbeat: 1s }
mail_program: /usr/sbin/mailer
`;

describe("a configuration that holds", () => {
  it("is read with every key", () => {
    const node = {
      cpus: 4,
      memoryMib: 4000,
      gres: "gpu:tesla:2",
      features: ["a100", "ib"],
      topologyLeaf: "s1",
      weight: 20,
    };
    expect(parsed(WHOLE, "/etc/rota/rota.yaml")).toEqual({
      clusterName: "alpha",
      accounts: [],
      licenses: [],
      fairShare: { halfLifeS: 7 * 86_400, reset: "none" },
      listen: { host: "0.0.0.0", port: 7000 },
      nodes: [
        { name: "n1", ...node },
        { name: "n2", ...node },
        { name: "m1", cpus: 0, memoryMib: 0, gres: "", features: [], topologyLeaf: "" },
      ],
      partitions: [
        {
          name: "debug",
          nodes: "ALL",
          isDefault: false,
          maxTimeS: 3600,
          defaultTimeS: 0,
          maxNodes: MAX_NODES,
          minNodes: 1,
          defMemPerCpuMib: 100,
          defMemPerNodeMib: 0,
          priorityJobFactor: 1,
          priorityTier: 1,
          state: "UP",
        },
        {
          name: "long",
          nodes: "n[1-2]",
          isDefault: true,
          maxTimeS: UNLIMITED_S,
          defaultTimeS: 86_400,
          maxNodes: 2,
          minNodes: 1,
          defMemPerCpuMib: 0,
          defMemPerNodeMib: 1024,
          priorityJobFactor: 3,
          priorityTier: 2,
          state: "DOWN",
          exclusiveUser: true,
        },
      ],
      qos: [{ name: "high", priority: 100 }],
      scheduler: { backfill: "easy", planners: 3 },
      preemption: { by: "none", mode: "off", exemptTimeS: 0 },
      power: POWER_DEFAULTS,
      policies: {
        priority: { kind: "priority", module: "multifactor", parameters: { ageWeight: 500, favorSmall: 1 } },
        placement: { kind: "placement", module: "/etc/rota/own/best.wasm", parameters: {} },
        callBudgetMs: 50,
        passBudgetMs: 1_000,
        fuel: { callUnits: 50_000_000, passUnits: 10_000_000_000 },
        trust: { keys: [], requireSigned: false },
      },
      store: { kind: "sqlite" },
      limits: { maxJobs: 1000, maxArraySize: 5001, minJobAgeS: 600, maxSwitchWaitS: 120 },
      timing: {
        killWaitS: 10,
        requeueDelayS: 60,
        nodeGraceMs: 500,
        nodeTimeoutMs: 120_000,
        heartbeatMs: 1_000,
      },
      mailProgram: "/usr/sbin/mailer",
    });
  });

  it("is the default one where the file says nothing", () => {
    expect(parsed("")).toEqual(defaultConfig());
    expect(parsed("# nothing yet\n")).toEqual(defaultConfig());
    expect(parsed("cluster: rota\n")).toEqual(defaultConfig());
  });

  it("has one default partition in which jobs share nodes and have no time limit", () => {
    const [debug, ...others] = defaultConfig().partitions;
    expect(others).toEqual([]);
    expect(debug).toMatchObject({ name: "debug", isDefault: true, nodes: "ALL", maxTimeS: UNLIMITED_S });
    expect(debug?.defMemPerCpuMib).toBe(DEFAULT_MEM_PER_CPU_MIB);
  });

  it("takes the first partition for the default where none is marked", () => {
    const { partitions } = parsed("partitions:\n  - name: a\n  - name: b\n");
    expect(partitions.map((partition) => partition.isDefault)).toEqual([true, false]);
  });

  it("gives a job a whole node's memory where def_mem_per_cpu is 0", () => {
    expect(parsed("partitions: [{name: a, def_mem_per_cpu: 0}]").partitions[0]).toMatchObject({
      defMemPerCpuMib: 0,
      defMemPerNodeMib: 0,
    });
  });

  it("sends no mail where mail_program is none", () => {
    expect(parsed("mail_program: none\n").mailProgram).toBe("");
  });

  it.each([
    ["60m", 3600],
    ["90s", 90],
    ["1h30m", 5400],
    ["1-00:00:00", 86_400],
    ["01:00:00", 3600],
    ['"10:00"', 600],
    ["unlimited", UNLIMITED_S],
    ["UNLIMITED", UNLIMITED_S],
  ])("reads max_time: %s", (text, seconds) => {
    expect(parsed(`partitions: [{name: a, max_time: ${text}}]`).partitions[0]?.maxTimeS).toBe(seconds);
  });
});

describe("a faulty configuration", () => {
  it.each([
    ["cluster: al pha\n", '1:10: cluster is "al pha"; write at most 40 letters, digits and _ -'],
    ["listn: {host: x}\n", '1:1: "listn" is not a key of the file; did you mean listen?'],
    ["listen:\n  port: 70000\n", "2:9: port is 70000; write a whole number from 0 to 65535"],
    ["listen: {port: 80.5}\n", "1:16: port is 80.5; write a whole number from 0 to 65535"],
    ["listen: {port: http}\n", '1:16: port is "http"; write a whole number from 0 to 65535'],
    [
      "limits: 7\n",
      "1:9: limits is 7; write keys and values: max_jobs, max_array_size, min_job_age, max_switch_wait",
    ],
    ["nodes:\n", '1:1: nodes is empty; write a list, each item after "- "'],
    ["nodes: n1\n", '1:8: nodes is "n1"; write a list, each item after "- "'],
    ["nodes:\n  - cpus: 4\n", "2:5: the node has no names; add names: n[1-4]"],
    ["nodes: [{names: n1}, {names: n1}]\n", "1:30: node n1 is listed twice; list each node once"],
    ["nodes: [{names: n1, gres: gpu:17}]\n", "1:27: gres has 17 devices; a node has at most 16"],
    ["nodes: [{names: n1, cpus: 0}]\n", "1:27: cpus is 0; write a whole number from 1 to 1048576"],
    ["nodes: [{names: n1, memory: 4X}]\n", '1:29: memory is "4X", which is not an amount; write 4G or 4000M'],
    ["nodes: [{names: n1, memory: 0}]\n", "1:29: memory is 0; write at least 1M"],
    [
      "nodes: [{names: n1, features: [a b]}]\n",
      '1:32: a feature is "a b"; write a word of letters, digits and _ . : + -',
    ],
    ["partitions: []\n", "1:13: partitions has no items; list one, or leave the key out"],
    ["partitions:\n  - max_time: 1h\n", "2:5: the partition has no name; add name: debug"],
    [
      "partitions:\n  - name: a\n  - name: a\n",
      "3:11: partition a is listed twice; list each partition once",
    ],
    [
      "partitions:\n  - {name: a, default: true}\n  - {name: b, default: true}\n",
      "3:24: a is the default partition already; mark one partition only",
    ],
    ["partitions: [{name: a, default: yes}]\n", '1:33: default is "yes"; write true or false'],
    [
      "partitions:\n  - name: a\n    max_time: 60\n",
      "3:15: max_time is 60, which has no unit; write 60m or 60s",
    ],
    [
      "partitions: [{name: a, max_time: soon}]\n",
      '1:34: max_time is "soon", which is not a time; write 60m, 1h30m, 1-00:00:00 or unlimited',
    ],
    [
      "partitions: [{name: a, max_time: 5m, default_time: 1h}]\n",
      "1:52: default_time is longer than max_time; lower it, or raise max_time",
    ],
    [
      "partitions: [{name: a, min_nodes: 3, max_nodes: 2}]\n",
      "1:35: min_nodes is 3 and max_nodes 2; swap or change them",
    ],
    [
      "partitions: [{name: a, def_mem_per_cpu: 1G, def_mem_per_node: 1G}]\n",
      "1:63: both def_mem_per_cpu and def_mem_per_node are given; keep one of them",
    ],
    [
      "nodes: [{names: n1}]\npartitions: [{name: a, nodes: 'n[1-2]'}]\n",
      "2:31: node n2 is not listed under nodes; list it there, or leave it out here",
    ],
    ["partitions: [{name: a, state: up}]\n", '1:31: state is "up"; did you mean UP?'],
    ["qos: [{name: a}, {name: a}]\n", "1:25: QOS a is listed twice; list each QOS once"],
    ["qos: [{priority: 1}]\n", "1:7: the QOS has no name; add name: high"],
    ["scheduler: {planners: 17}\n", "1:23: planners is 17; write a whole number from 1 to 16"],
    ["scheduler: {backfill: esay}\n", '1:23: backfill is "esay"; did you mean easy?'],
    [
      "policies: {priority: multifacter}\n",
      '1:22: there is no priority policy "multifacter"; did you mean multifactor?',
    ],
    [
      "policies: {placement: {module: pack, parameters: {gpuWeight: heavy}}}\n",
      '1:62: gpuWeight is "heavy"; write a number; 1 for true, 0 for false',
    ],
    ["policies: {call_budget: 0ms}\n", "1:25: call_budget is 0ms; write a time from 1ms to 60000ms"],
    [
      "timing: {kill_wait: unlimited}\n",
      '1:21: kill_wait is "unlimited", which is not a time; write 60m, 1h30m, 1-00:00:00',
    ],
    [
      "timing: {node_timeout: 4s}\n",
      "1:9: node_timeout is not longer than node_grace and heartbeat; raise it, or lower them",
    ],
    ["store: oracle\n", '1:8: store is "oracle"; write sqlite'],
    ["a: 1\na: 2\n", "2:1: this is not YAML: Map keys must be unique"],
    ["\tcluster: a\n", "1:1: this is not YAML: Tabs are not allowed as indentation"],
    [
      "- a\n",
      "1:1: the file is a list; write keys and values: cluster, listen, nodes, topology, partitions, qos, accounts, fair_share, licenses, scheduler, preemption, power, policies, store, limits, timing, mail_program",
    ],
    [
      "policies: {admission: gpu-reqest}\n",
      '1:23: there is no admission policy "gpu-reqest"; did you mean gpu-request?',
    ],
    [
      "policies: {admission: {on_fault: refuse}}\n",
      "1:23: an admission policy needs its module: a name or the path of a .wasm file",
    ],
    [
      "policies: {admission: {module: gpu-request, on_fault: admitt}}\n",
      '1:55: on_fault is "admitt"; did you mean admit?',
    ],
    [
      "policies: {placement: {module: pack, partitions: {debugg: {gpuWeight: 1}}}}\n",
      '1:59: there is no partition "debugg"; did you mean debug?',
    ],
    [
      "policies: {priority: {module: fifo, on_fault: admit}}\n",
      '1:37: "on_fault" is not a key of priority; known here: module, parameters, partitions, digest',
    ],
    ["cluster: &a x\nmail_program: *a\n", "2:15: mail_program is an alias; write text"],
  ])("%j is refused at its place", (text, line) => {
    expect(faults(text)).toEqual({ code: "CONFIG_INVALID", lines: [`rota.yaml:${line}`] });
  });

  it.each([
    [
      "store: postgres\n",
      "1:8: the store postgres is not supported: this version has sqlite, which needs no server",
    ],
    [
      "store:\n  kind: postgres\n",
      "2:9: the store postgres is not supported: this version has sqlite, which needs no server",
    ],
  ])("%j names what this version does not have", (text, line) => {
    expect(faults(text)).toEqual({ code: "NOT_SUPPORTED", lines: [`rota.yaml:${line}`] });
  });

  it("is refused for all its faults together, in the order of the file", () => {
    const { lines } = faults("cluster: ''\nlisten: {port: -1}\nstore: postgres\nlimits: {max_jobs: 0}\n");
    expect(lines.map((line) => line.split(":").slice(1, 3).join(":"))).toEqual([
      "1:10",
      "2:16",
      "3:8",
      "4:20",
    ]);
  });

  it("is refused with a bounded list of faults", () => {
    const text = Array.from({ length: 50 }, (_, i) => `key${i}: 1\n`).join("");
    const { lines } = faults(text);
    expect(lines).toHaveLength(MAX_CONFIG_FAULTS + 1);
    expect(lines.at(-1)).toBe("rota.yaml: and 30 more faults");
  });

  it("says the place of the first fault in its details", () => {
    const result = parseConfig("cluster: a\nlimits: 3\n", "rota.yaml");
    expect(result.ok ? {} : result.refusal.details).toEqual({
      path: "rota.yaml",
      faults: 1,
      line: 2,
      column: 9,
    });
  });

  it("is refused when it is two documents, too long, or has more partitions than there can be", () => {
    expect(faults("cluster: a\n---\ncluster: b\n").code).toBe("CONFIG_INVALID");
    expect(faults("#".repeat(MAX_CONFIG_CHARS + 1)).code).toBe("CONFIG_INVALID");
    const many = Array.from({ length: 65 }, (_, i) => `  - name: p${i}\n`).join("");
    expect(faults(`partitions:\n${many}`).lines).toEqual([
      "rota.yaml:2:3: partitions has 65 items; at most 64 are possible",
    ]);
  });

  it("never throws, whatever the text", () => {
    const words = fc.constantFrom(
      ..."cluster listen nodes partitions names name n[1- 4] unlimited 60m & * ! ? : - , { } [ ] # | > ' \" \n \t ~ <<".split(
        " ",
      ),
      "\n",
      "  ",
    );
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.array(words, { maxLength: 60 }).map((parts) => parts.join(" ")),
    );
    fc.assert(
      fc.property(text, (wild) => {
        const result = parseConfig(wild, "f.yaml");
        if (!result.ok) expect(result.refusal.message).toMatch(/^f\.yaml:\d+:\d+: /);
      }),
      { numRuns: 2000 },
    );
  });
});
