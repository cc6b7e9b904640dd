/** The network that rota.yaml describes: where each node stands, and what is said of descriptions that cannot be. */
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../core/controller/config.ts";

const NODES = `nodes: [{ names: "n[0-7]", cpus: 4 }]\n`;

function placesOf(topology: string): Readonly<Record<string, string>> {
  const config = parseConfig(`${NODES}topology:\n${topology}`, "rota.yaml");
  if (!config.ok) throw new Error(config.refusal.message);
  return Object.fromEntries(config.value.nodes.map(({ name, topologyLeaf }) => [name, topologyLeaf]));
}

function faultOf(topology: string, nodes = NODES): string {
  const config = parseConfig(`${nodes}topology:\n${topology}`, "rota.yaml");
  return config.ok ? "" : config.refusal.message;
}

test("a tree gives each node the switches above it, from the top down", () => {
  const tree = `
  kind: tree
  switches:
    - { name: s1, nodes: "n[0-1]" }
    - { name: s2, nodes: "n[2-3]" }
    - { name: s3, nodes: "n[4-6]" }
    - { name: a, switches: "s[1-2]" }
    - { name: top, switches: "a,s3" }
`;
  expect(placesOf(tree)).toMatchObject({ n0: "top.a.s1", n3: "top.a.s2", n4: "top.s3", n7: "" });
});

test("blocks, rail groups and the groups and switches of a dragonfly are places", () => {
  expect(
    placesOf(`  { kind: block, blocks: [{ name: b2, nodes: "n[4-7]" }, { name: b1, nodes: "n[0-3]" }] }`),
  ).toMatchObject({ n0: "b1", n7: "b2" });
  expect(placesOf(`  { kind: rail, groups: [{ name: su1, nodes: "n[0-7]" }] }`)).toMatchObject({ n5: "su1" });
  expect(
    placesOf(
      `  { kind: dragonfly, groups: [{ name: g1, switches: [{ name: r1, nodes: n0 }, { name: r2, nodes: n1 }] }] }`,
    ),
  ).toMatchObject({ n0: "g1.r1", n1: "g1.r2", n2: "" });
});

test("a torus gives the nodes of its list coordinates, the last one counting first", () => {
  expect(placesOf(`  { kind: torus, size: [2, 2, 2], nodes: "n[0-7]" }`)).toMatchObject({
    ...{ n0: "0.0.0", n1: "0.0.1", n2: "0.1.0", n4: "1.0.0", n7: "1.1.1" },
  });
});

test("the kind's own module serves unless the file names another", () => {
  const policyOf = (more: string): string | undefined => {
    const config = parseConfig(
      `${NODES}topology: { kind: block, blocks: [{ name: b1, nodes: "n[0-7]" }] }\n${more}`,
      "rota.yaml",
    );
    return config.ok ? config.value.policies.topology?.module : config.refusal.message;
  };
  expect(policyOf("")).toBe("block");
  expect(policyOf("policies: { topology: tree }\n")).toBe("tree");
  expect(policyOf("policies: { topology: none }\n")).toBeUndefined();
});

describe("what cannot be is refused with its place and what would be right", () => {
  test.each([
    ["  { blocks: [] }", /3:3: the topology has no kind; write kind: tree, block, torus, dragonfly, rail/],
    ["  { kind: ring }", /kind is "ring"; write tree, block, torus, dragonfly, rail/],
    ["  { kind: tree }", /a topology of kind tree has switches; add that/],
    [`  { kind: torus, size: [2, 2], nodes: "n[0-7]" }`, /a torus of 2 x 2 has 4 nodes, not 8/],
    [
      `  { kind: block, blocks: [{ name: b1, nodes: "n[6-9]" }] }`,
      /node n8 of the topology is not among the nodes/,
    ],
    [
      `  { kind: block, blocks: [{ name: b1, nodes: n1 }, { name: b2, nodes: "n[1-2]" }] }`,
      /node n1 has two places in the topology; give it one/,
    ],
    [
      `  { kind: tree, switches: [{ name: a, switches: b }, { name: b, switches: a }, { name: c, nodes: n1, switches: a }] }`,
      /switch c has nodes or switches below it; write one of them/,
    ],
    [`  { kind: tree, switches: [{ name: a, switches: zz }] }`, /switch zz below a is not listed; add it/],
    [
      `  { kind: block, blocks: [{ name: b.1, nodes: n1 }] }`,
      /name is "b.1"; write a word of letters, digits and _ : \+ -/,
    ],
    [`  { kind: rail, groups: [{ nodes: n1 }] }`, /it has no name; add name: b1/],
  ])("%s", (text, fault) => expect(faultOf(text)).toMatch(fault));

  test("a leaf and a topology", () => {
    expect(
      faultOf(
        `  { kind: rail, groups: [{ name: g, nodes: n1 }] }`,
        "nodes: [{ names: n1, cpus: 1, leaf: s1 }]\n",
      ),
    ).toMatch(/node n1 has a leaf, and there is a topology; leave one of them out/);
  });
});
