import { describe, expect, it } from "vitest";
import { readSinfoOptions } from "../../../core/cli/sinfo/options.ts";
import { infoText, sinfo } from "../../../core/cli/sinfo/sinfo.ts";
import type { NodeView } from "../../../core/model/views.ts";
import { envOf, run, startController } from "../controller.ts";
import { at, IDLE_NODES, node, PARTITIONS } from "../views.ts";

const text = (nodes: readonly NodeView[], args: readonly string[], env: Record<string, string> = {}) => {
  const request = readSinfoOptions("sinfo", args, env);
  if (!request.ok) return { out: "", err: request.text };
  const context = { command: "sinfo", nowS: at("19:07:21"), env, uidOf: () => 0 };
  return infoText(nodes, PARTITIONS, request.value, context);
};
const out = (nodes: readonly NodeView[], ...args: string[]): string => text(nodes, args).out;

/** As one job on all of n1, one on a part of n2, n3 drained while it runs a job, n4 down. */
const BUSY: readonly NodeView[] = [
  node(1, { allocCpus: 4, baseState: "allocated", allocMemMib: 400 }),
  node(2, { allocCpus: 1, baseState: "mixed", allocMemMib: 100, cpuLoad: 5 }),
  node(3, {
    allocCpus: 1,
    baseState: "mixed",
    drain: true,
    reason: "why",
    reasonUser: "root",
    reasonS: at("22:15:29"),
  }),
  node(4, {
    baseState: "down",
    responding: false,
    reason: "hw",
    reasonUser: "root",
    reasonS: at("22:15:30"),
  }),
];

describe("sinfo", () => {
  it("prints partitions and states", () => {
    expect(out(IDLE_NODES)).toBe(`\
PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
debug*       up    1:00:00      4   idle n[1-4]
long         up   infinite      2   idle n[1-2]
`);
    expect(out(BUSY)).toBe(`\
PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
debug*       up    1:00:00      1  down* n4
debug*       up    1:00:00      1   drng n3
debug*       up    1:00:00      1    mix n2
debug*       up    1:00:00      1  alloc n1
long         up   infinite      1    mix n2
long         up   infinite      1  alloc n1
`);
  });

  it("prints the summary", () => {
    expect(out(IDLE_NODES, "-s")).toBe(`\
PARTITION AVAIL  TIMELIMIT   NODES(A/I/O/T) NODELIST
debug*       up    1:00:00          0/4/0/4 n[1-4]
long         up   infinite          0/2/0/2 n[1-2]
`);
    expect(out(BUSY, "-h", "-s", "-o", "%P %F")).toBe("debug* 3/0/1/4\nlong 2/0/0/2\n");
  });

  it("prints the long form and the forms by node", () => {
    expect(out(IDLE_NODES, "-l")).toBe(`\
Tue Nov 24 19:07:21 2026
PARTITION AVAIL  TIMELIMIT   JOB_SIZE ROOT OVERSUBS     GROUPS  NODES       STATE NODELIST
debug*       up    1:00:00 1-infinite   no       NO        all      4        idle n[1-4]
long         up   infinite 1-infinite   no       NO        all      2        idle n[1-2]
`);
    expect(out(IDLE_NODES, "-N").split("\n").slice(0, 3)).toEqual([
      "NODELIST   NODES PARTITION STATE ",
      "n1             1    debug* idle  ",
      "n1             1      long idle  ",
    ]);
    expect(out(BUSY, "-N", "-l").split("\n")).toEqual([
      "Tue Nov 24 19:07:21 2026",
      "NODELIST   NODES PARTITION       STATE CPUS    S:C:T MEMORY TMP_DISK WEIGHT AVAIL_FE REASON              ",
      "n1             1    debug*   allocated 4       1:4:1   4000        0      1   (null) none                ",
      "n1             1      long   allocated 4       1:4:1   4000        0      1   (null) none                ",
      "n2             1    debug*       mixed 4       1:4:1   4000        0      1   (null) none                ",
      "n2             1      long       mixed 4       1:4:1   4000        0      1   (null) none                ",
      "n3             1    debug*    draining 4       1:4:1   4000        0      1   (null) why                 ",
      "n4             1    debug*       down* 4       1:4:1   4000        0      1   (null) hw                  ",
      "",
    ]);
  });

  it("prints reasons, also by whom and in the long form", () => {
    expect(out(BUSY, "-R")).toBe(`\
REASON               USER      TIMESTAMP           NODELIST
hw                   root      2026-11-24T22:15:30 n4
why                  root      2026-11-24T22:15:29 n3
`);
    expect(out(BUSY, "-h", "-l", "-R")).toBe(`\
hw                   root(0)      2026-11-24T22:15:30 down*  n4
why                  root(0)      2026-11-24T22:15:29 drng   n3
`);
    expect(out(IDLE_NODES, "-R")).toBe("REASON               USER      TIMESTAMP           NODELIST\n");
  });

  it("prints what exporters and snakemake ask for", () => {
    expect(out(IDLE_NODES, "-h", "-o", "%P|%a|%l|%D|%t|%N")).toBe(
      "debug*|up|1:00:00|4|idle|n[1-4]\nlong|up|infinite|2|idle|n[1-2]\n",
    );
    expect(out(IDLE_NODES, "-h", "-o", "%C")).toBe("0/16/0/16\n");
    expect(out(BUSY, "-h", "-o", "%C")).toBe("6/3/7/16\n");
    expect(out(IDLE_NODES, "-aho", "%F/%C")).toBe("0/4/0/4/0/16/0/16\n");
    expect(out(IDLE_NODES, "-o", "%P")).toBe("PARTITION\ndebug*\nlong\n");
    const fields = "NodeList,AllocMem,Memory,CPUsState,StateLong";
    expect(out(IDLE_NODES, "-h", "-N", "-O", fields).split("\n")).toEqual([
      "n1                  0                   4000                0/4/0/4             idle                ",
      "n1                  0                   4000                0/4/0/4             idle                ",
      "n2                  0                   4000                0/4/0/4             idle                ",
      "n2                  0                   4000                0/4/0/4             idle                ",
      "n3                  0                   4000                0/4/0/4             idle                ",
      "n4                  0                   4000                0/4/0/4             idle                ",
      "",
    ]);
    const wide = out(IDLE_NODES, "-ahNO", "nodehost:100,gres:512,gresused:512,statelong").split("\n");
    expect(wide[0]).toBe(
      `${"vm".padEnd(100)}${"gpu:tesla:2".padEnd(512)}${"gpu:tesla:0".padEnd(512)}${"idle".padEnd(20)}`,
    );
    expect(wide).toHaveLength(7);
  });

  it.each([
    ["idle", ""],
    ["mix", "n[2-3]"],
    ["alloc", "n[1-3]"],
    ["drain", "n3"],
    ["drng", "n3"],
    ["drained", ""],
    ["down,drain", "n[3-4]"],
    ["drain&alloc", "n3"],
    ["mix&~drain", "n2"],
    ["~down", "n[1-3]"],
    ["MIXED", "n[2-3]"],
    ["all", "n[1-4]"],
    ["no_respond", "n4"],
  ])("selects states with %s", (states, names) => {
    expect(out(BUSY, "-h", "-t", states, "-o", "%N").trim()).toBe(names);
  });

  it("shows a partition in which nothing is left, and no line where none is asked", () => {
    expect(out(IDLE_NODES, "-h", "-t", "down")).toBe(
      "debug*       up    1:00:00      0    n/a \nlong         up   infinite      0    n/a \n",
    );
    expect(out(IDLE_NODES, "-h", "-t", "down", "-o", "%D")).toBe("");
    expect(out(IDLE_NODES, "-h", "-p", "nope")).toBe("");
    expect(out(IDLE_NODES, "-h", "-p", "long", "-n", "n2,n9", "-o", "%P %N")).toBe("long n2\n");
    expect(out(BUSY, "-h", "-d", "-o", "%N")).toBe("n4\n");
    expect(out(BUSY, "-h", "-r", "-o", "%N")).toBe("n[1-3]\n");
  });

  it("merges sizes that differ unless they are to be exact", () => {
    const mixed = [node(1), node(2, { cpus: 8, memoryMib: 8000, cpuLoad: 5 })];
    expect(out(mixed, "-h", "-o", "%c %m %O")).toBe("4+ 4000+ 0.05-4.76\n");
    expect(out(mixed, "-h", "-e", "-o", "%c %m")).toBe("4 4000\n8 8000\n");
  });

  it("takes its format, partition and order from the environment", () => {
    expect(text(IDLE_NODES, [], { SINFO_FORMAT: "%P/%t" }).out).toBe(
      "PARTITION/STATE\ndebug*/idle\nlong/idle\n",
    );
    expect(text(IDLE_NODES, ["-h", "-o", "%P"], { SINFO_PARTITION: "long" }).out).toBe("long\n");
    expect(text(IDLE_NODES, ["-h", "-o", "%P"], { SINFO_SORT: "-P" }).out).toBe("long\ndebug*\n");
  });

  it("refuses what it does not know in Slurm's words", () => {
    expect(text(IDLE_NODES, ["-t", "bogus"]).err).toBe(
      'sinfo: error: Bad state string: "bogus"\nsinfo: error: valid states: unknown,down,idle,allocated,?,mixed,future,drain,drained,draining,no_respond,reserved,perfctrs,cloud,completing,powering_down,powered_down,power_down,powering_up,fail,maint,reboot,reboot^,unknown\n',
    );
    expect(text(IDLE_NODES, ["--json"]).err).toBe(
      "sinfo: error: --json is not supported by this version of Rota\n",
    );
    expect(text(IDLE_NODES, ["-O", "bogus"])).toEqual({
      out: "\n\n",
      err: "sinfo: error: Invalid job format specification: bogus\n",
    });
  });

  it("asks a controller, and says where none answers", async () => {
    const controller = await startController();
    const asked = await run(sinfo, "sinfo", ["-h", "-o", "%P %D"], { env: envOf(controller) });
    await controller.close();
    expect(asked).toEqual({ out: "debug* 4\nlong 2\n", err: "", status: 0 });
    expect((await run(sinfo, "sinfo", [], { env: envOf(controller) })).err).toBe(
      "slurm_load_partitions: Unable to contact slurm controller (connect failure)\n",
    );
  });
});
