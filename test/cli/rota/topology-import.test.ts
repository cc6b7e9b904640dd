/** Slurm's descriptions of a network as Rota's: what comes out is what rota.yaml takes. */
import { expect, test } from "vitest";
import { importTopology } from "../../../core/cli/rota/topology-import.ts";
import { parseConfig } from "../../../core/controller/config.ts";

function placesOf(text: string, path: string): Readonly<Record<string, string>> {
  const yaml = importTopology(text, path);
  if (!yaml.ok) throw new Error(yaml.refusal.message);
  const config = parseConfig(`nodes: [{ names: "n[1-8]", cpus: 4 }]\n${yaml.value}`, "rota.yaml");
  if (!config.ok) throw new Error(config.refusal.message);
  return Object.fromEntries(config.value.nodes.map(({ name, topologyLeaf }) => [name, topologyLeaf]));
}

test("a topology.conf with switches, comments and continued lines", () => {
  const text = `# two leaves below a spine
SwitchName=s1 Nodes=n[1-4] LinkSpeed=1000
switchname=s2 \\
  nodes=n[5-8]   # the second
SwitchName=top Switches=s[1-2]
`;
  expect(placesOf(text, "topology.conf")).toMatchObject({ n1: "top.s1", n8: "top.s2" });
});

test("a topology.conf with blocks", () => {
  const text = "BlockName=b1 Nodes=n[1-4]\nBlockName=b2 Nodes=n[5-8]\nBlockSizes=4,8\n";
  expect(placesOf(text, "topology.conf")).toMatchObject({ n4: "b1", n5: "b2" });
});

test("the default of a topology.yaml", () => {
  const text = `
- topology: flat
  flat: true
- topology: blocks
  block: { block_sizes: [4], blocks: [{ block: b1, nodes: "n[1-8]" }] }
- topology: tree
  cluster_default: true
  tree:
    switches:
      - { switch: top, children: "s[1-2]" }
      - { switch: s1, nodes: "n[1-4]" }
      - { switch: s2, nodes: "n[5-8]" }
`;
  expect(placesOf(text, "topology.yaml")).toMatchObject({ n1: "top.s1", n8: "top.s2" });
});

test.each([
  ["SwitchName", 'topology.conf:1: "SwitchName" is no Name=Value'],
  ["\nSwitchName=s1 Colour=red", "topology.conf:2: there is no colour in a topology.conf"],
  ["Nodes=n1", "topology.conf:1: it has no SwitchName and no BlockName"],
  ["SwitchName=s1", "topology.conf:1: s1 has nothing below it"],
  ["# nothing", "topology.conf:1: it has no switches and no blocks"],
  [
    "SwitchName=s1 Nodes=n1\nBlockName=b1 Nodes=n2",
    "topology.conf:1: it has switches and blocks; leave one of them out",
  ],
])("%j is refused", (text, message) => {
  expect(importTopology(text, "topology.conf")).toMatchObject({ ok: false, refusal: { message } });
});
