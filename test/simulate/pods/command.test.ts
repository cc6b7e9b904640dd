import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { buildModule } from "../../../policies/sdk/compile.ts";
import { root } from "../../wasm/builds.ts";
import { type Flags, simulate } from "../run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-pods-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}

const HEADER = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos";
const PODS = fileOf(
  "pods.csv",
  `${HEADER}\np0,1000,10,1,500,,LS\np1,1000,10,1,500,T4,LS\np2,1000,10,2,1000,P100|V100,BE\np3,1000,10,0,0,,LS\n`,
);
const NODES = fileOf(
  "nodes.csv",
  "sn,cpu_milli,memory_mib,gpu,model\nn0,8000,1000,2,P100\nn1,8000,1000,2,T4\n",
);
const orders = (seed: string, arrivals: readonly unknown[], nodes: readonly unknown[]): string =>
  JSON.stringify({ note: "", seeds: { [seed]: { arrivals, node_order: nodes } } });
const ARRIVALS = fileOf("arrivals.json.gz", orders("42", [2, 0, 1, 3], [1, 0]));

describe("rota simulate with a list of pods", () => {
  it("prints the curve of the arrivals of the seed", async () => {
    const flags = { nodesFile: NODES, arrivals: ARRIVALS, seed: "42", placement: "best-fit" };
    const { code, out, err } = await simulate([PODS], flags);
    expect([code, err]).toEqual([0, ""]);
    const lines = out.trim().split("\n");
    expect(lines[0]).toBe("arrived_pct,allocation_pct,fragmentation_pct");
    expect(lines.slice(1).map((line) => line.split(",").slice(0, 2))).toEqual([
      ["50", "50.000000"],
      ["62", "62.500000"],
      ["75", "75.000000"],
    ]);
  });

  it("writes the curve and prints the figures where a file is named", async () => {
    const curve = join(folder, "curve.csv");
    const { code, out } = await simulate([PODS], { nodesFile: NODES, curve, untilArrived: "40" });
    expect(code).toBe(0);
    expect(out).toMatch(/^placement +fgd, seed 0$/m);
    expect(out).toMatch(/^placed +2 pods$/m);
    expect(readFileSync(curve, "utf8")).toMatch(/^arrived_pct,.*\n12,12\.5.*\n25,25\.0.*\n$/);
  });

  it("writes a page with both curves that asks the network for nothing", async () => {
    const report = join(folder, "report.html");
    const { code, out } = await simulate([PODS], { nodesFile: NODES, report });
    expect([code, out]).toEqual([0, expect.stringMatching(/^placed +4 pods$/m)]);
    const page = readFileSync(report, "utf8");
    expect(page).toMatch(/<title>pods\.csv, fgd<\/title>/);
    expect(page.match(/<path class="line" d="M[\d.,L]+"/g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|https?:/);
    const none = await simulate([PODS], { nodesFile: NODES, report: "/nowhere/r.html" });
    expect(none.err).toMatch(/--report \/nowhere\/r\.html cannot be written/);
  });

  it("takes a site's own module that chooses parts of devices, and refuses one that does not", async () => {
    const built = async (name: string): Promise<string> => {
      const out = join(folder, `${name}.wasm`);
      await buildModule(root("policies", "placement", name, "assembly", `${name}.ts`), out);
      return out;
    };
    const own = await simulate([PODS], { nodesFile: NODES, placement: await built("best-fit") });
    const known = await simulate([PODS], { nodesFile: NODES, placement: "best-fit" });
    expect(own).toEqual(known);
    const whole = await simulate([PODS], { nodesFile: NODES, placement: await built("pack") });
    expect([whole.code, whole.err]).toEqual([
      1,
      expect.stringMatching(/--placement: pack places whole devices only/),
    ]);
    const none = await simulate([PODS], { nodesFile: NODES, placement: "/nowhere/x.wasm" });
    expect(none.err).toMatch(/POLICY_UNREADABLE: --placement: .*\/nowhere\/x\.wasm/);
  });

  it("prints one JSON object with the figures and the curve", async () => {
    const { out } = await simulate([PODS], { nodesFile: NODES, placement: "gpu-packing", json: true });
    const figures = JSON.parse(out) as { readonly curve: readonly object[] };
    expect(figures).toMatchObject({
      pods_arrived: 4,
      pods_placed: 3,
      gpu_total_milli: 4000,
      allocation_pct: 25,
    });
    expect(Object.keys(figures.curve[0]!)).toEqual(["arrived_pct", "allocation_pct", "fragmentation_pct"]);
  });

  const pods = (row: string): string =>
    fileOf(`${row.length}-${row}.csv`.replaceAll("|", "_"), `${HEADER}\n${row}\n`);
  let files = 0;
  const arrivals = (...given: Parameters<typeof orders>): string =>
    fileOf(`${files++}.json`, orders(...given));

  it.each<[string, string, Flags, RegExp]>([
    [
      "a placement of jobs",
      PODS,
      { nodesFile: NODES, placement: "pack" },
      /--placement is "pack"; give one of fgd, /,
    ],
    ["an option of jobs", PODS, { nodesFile: NODES, order: "f1" }, /--order is not of lists of pods/],
    ["no nodes", PODS, { curve: "x.csv" }, /--curve is of lists of pods; give --nodes-file with it/],
    [
      "too much load",
      PODS,
      { nodesFile: NODES, untilArrived: "x" },
      /--until-arrived is "x"; give a whole number/,
    ],
    [
      "a file that is not there",
      "/nowhere/p.csv",
      { nodesFile: NODES },
      /WORKLOAD_UNREADABLE: \/nowhere\/p\.csv/,
    ],
    [
      "a curve that cannot be written",
      PODS,
      { nodesFile: NODES, curve: "/nowhere/c.csv" },
      /--curve \/nowhere\/c/,
    ],
    ["another list", NODES, { nodesFile: NODES }, /nodes\.csv:1: the column num_gpu is missing/],
    [
      "nodes without GPU",
      PODS,
      { nodesFile: fileOf("cpu.csv", "cpu_milli,memory_mib,gpu\n1,1,0\n") },
      /no node has a GPU/,
    ],
    ["an empty list", fileOf("empty.csv", `${HEADER}\n`), { nodesFile: NODES }, /there is no row in it/],
    [
      "nine GPUs",
      pods("p,1,1,9,1000,,"),
      { nodesFile: NODES },
      /:2: num_gpu is "9"; it is a whole number from 0 to 8/,
    ],
    ["more than a GPU", pods("p,1,1,1,1001,,"), { nodesFile: NODES }, /:2: gpu_milli is "1001"/],
    [
      "nothing of a GPU",
      pods("p,1,1,1,0,,"),
      { nodesFile: NODES },
      /:2: gpu_milli is 0; a pod with GPUs takes/,
    ],
    ["a negative amount", pods("p,-1,1,1,500,,"), { nodesFile: NODES }, /:2: cpu_milli is "-1"/],
    ["a short row", pods("p,1,1"), { nodesFile: NODES }, /:2: it has 3 values, and num_gpu is column 4/],
    [
      "another seed",
      PODS,
      { nodesFile: NODES, arrivals: ARRIVALS, seed: "7" },
      /ARRIVALS_INVALID: .*no seed 7; --seed is one of 42/,
    ],
    [
      "a row too far",
      PODS,
      { nodesFile: NODES, arrivals: arrivals("0", [0, 4], [0, 1]) },
      /arrivals has something at place 1 that is no row from 0 to 3/,
    ],
    [
      "a node twice",
      PODS,
      { nodesFile: NODES, arrivals: arrivals("0", [0], [1, 1]) },
      /node_order does not have each of the 2 nodes once/,
    ],
    ["no JSON", PODS, { nodesFile: NODES, arrivals: PODS }, /ARRIVALS_INVALID: .*pods\.csv: /],
  ])("refuses %s in one line", async (_, path, flags, message) => {
    const { code, err } = await simulate([path], flags);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});
