/** The pictures of a topology: what is in which unit, what is free, and that names cannot break an SVG. */
import { expect, test } from "vitest";
import { PLAIN_TERMINAL } from "../../../core/cli/rota/terminal.ts";
import { topologySvg } from "../../../core/cli/rota/topology-svg.ts";
import { printTopology } from "../../../core/cli/rota/topology-text.ts";
import { topologyUnits } from "../../../core/cli/rota/topology-units.ts";
import { nodeView } from "./views.ts";

const idle = { baseState: "idle", allocCpus: 0, runningJobs: 0, devices: [] } as const;
const nodes = [
  nodeView({ ...idle, name: "n10", topologyLeaf: "top.s2" }),
  nodeView({ ...idle, name: "n2", topologyLeaf: "top.s1", drain: true }),
  nodeView({ name: "n1", topologyLeaf: "top.s1" }),
  nodeView({ name: "n3", topologyLeaf: "top.s1", allocCpus: 4, cpus: 4, baseState: "allocated" }),
  nodeView({ ...idle, name: "n4" }),
];

test("nodes stand under the switches of their place, by name, with what is free on the way", () => {
  const units = topologyUnits(nodes);
  expect(
    printTopology(units, "tree", PLAIN_TERMINAL),
  ).toBe(`topology of kind tree; . idle   o in part   # full   x takes no jobs
cluster  2/5 nodes, 2/4 GPUs free  .
  top    1/4 nodes, 2/4 GPUs free
    s1   0/3 nodes, 2/4 GPUs free  ox#
    s2   1/1 nodes free            .
`);
  expect(units.units[0]?.units.map(({ place }) => place)).toEqual(["top.s1", "top.s2"]);
});

test("a strip that is wider than the terminal goes on below", () => {
  const many = Array.from({ length: 40 }, (_, i) => nodeView({ ...idle, name: `n${i}`, topologyLeaf: "b1" }));
  const text = printTopology(topologyUnits(many), "", { ...PLAIN_TERMINAL, width: 60 });
  expect(text.split("\n").filter((line) => /^\s+\.+$/.test(line)).length).toBeGreaterThan(0);
  expect([...text].filter((letter) => letter === ".").length).toBe(41);
});

test("a cluster without nodes says how to get one", () => {
  expect(printTopology(topologyUnits([]), "", PLAIN_TERMINAL)).toMatch(/^No nodes yet/);
});

test("the SVG has a square for each node and escapes what it is given", () => {
  const odd = nodeView({ ...idle, name: 'a<b>&"', topologyLeaf: "x" });
  const svg = topologySvg(topologyUnits([...nodes, odd]), "tree");
  expect(svg.match(/<title>/g)).toHaveLength(6);
  expect(svg).toContain("<title>a&lt;b&gt;&amp;&quot;: idle</title>");
  expect(svg).not.toContain("a<b>");
});
