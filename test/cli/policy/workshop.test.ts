/** `rota policy new`, `build` and `test`: from a name to a module that its cases and its own source agree with. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, runWith } from "../rota/stand-in.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "rota-workshop-"));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const policy = (...args: string[]): Promise<Ran> => runWith({}, ["policy", ...args], { cwd });

describe.each(["priority", "placement", "topology", "preemption", "admission"])("a new %s policy", (kind) => {
  it("builds, and its test is green on both sides", async () => {
    const name = `my-${kind}`;
    expect(await policy("new", name, "--kind", kind)).toMatchObject({ code: 0, err: "" });
    const tested = await policy("test", name, "--rounds", "30", "--seed", "5");
    expect(tested).toMatchObject({ code: 0, err: "" });
    expect(tested.out).toContain("30 random inputs, module and source alike (seed 5)");
    expect(tested.out).not.toContain("FAIL");
    expect(existsSync(join(cwd, name, "build", `${name}.wasm`))).toBe(true);
    const built = await policy("build", name, "--json");
    expect(JSON.parse(built.out)).toMatchObject({
      name,
      compiled: false,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});

it.each(["gpu-request", "partition-by-size", "project-accounts"])(
  "the admission policy %s that comes with Rota keeps to its cases on both sides",
  async (name) => {
    const folder = join(cwd, name);
    cpSync(join(ROOT, "policies", "admission", name), folder, { recursive: true });
    const tested = await policy("test", name);
    expect(tested).toMatchObject({ code: 0, err: "" });
    expect(tested.out).toContain("300 random inputs, module and source alike");
    expect(tested.out).not.toContain("FAIL");
  },
);

describe("rota policy new refuses", () => {
  it.each(["Upper", "../up", "a b", "-x", "x_y", "", "a".repeat(41), "a--b"])("the name %j", async (name) => {
    const ran = await policy("new", "--kind", "priority", "--", name);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("POLICY_FOLDER");
  });

  it("a kind that there is not, and a folder that is there", async () => {
    expect((await policy("new", "mine", "--kind", "scheduling")).err).toContain(
      "priority, placement, topology",
    );
    expect((await policy("new", "twice", "--kind", "priority")).code).toBe(0);
    writeFileSync(join(cwd, "twice", "README.md"), "kept");
    const again = await policy("new", "twice", "--kind", "priority");
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain("is there already");
    expect(readFileSync(join(cwd, "twice", "README.md"), "utf8")).toBe("kept");
  });

  it("no name that the SDK has: the class gets another", async () => {
    expect((await policy("new", "placement", "--kind", "placement")).code).toBe(0);
    expect((await policy("test", "placement", "--rounds", "3")).code).toBe(0);
  });
});

it("a topology that chooses whole sets is tested on nodes, on both sides", async () => {
  const folder = join(cwd, "low");
  mkdirSync(join(folder, "assembly"), { recursive: true });
  mkdirSync(join(folder, "test"));
  writeFileSync(
    join(folder, "assembly", "low.ts"),
    `import { ANY, bestFit, countFeasible, depth, Job, prepareUnits, SetTopology, takeAny, takeBest, unitAt } from "rota/set-topology";

@policy("0.1.0", "The tightest switch of the lowest level first.")
class Low extends SetTopology {
  prepare(count: i32): void {
    prepareUnits(count);
  }

  choose(job: Job, want: i32): void {
    countFeasible();
    const index = bestFit(depth - 1, ANY, want);
    if (index >= 0) takeBest(unitAt(depth - 1, index), want);
    takeAny();
  }
}
`,
  );
  const nodes = [
    [0, 1],
    [0, 1],
    [0, 2],
    [1, 1],
  ].map(([level0, level1], row) => ({ level0, level1, score: row }));
  const write = (order: readonly number[]): void =>
    writeFileSync(
      join(folder, "test", "low.test.ts"),
      `export const cases = [{ name: "two of a switch", nodes: ${JSON.stringify(nodes)}, want: 1, order: [${order}] },
        { name: "the tightest", job: { cpus: 2 }, nodes: ${JSON.stringify(nodes)}, want: 2, order: [0, 1] }];`,
    );
  write([2]);
  const green = await policy("test", "low");
  expect(green).toMatchObject({ code: 0, err: "" });
  expect(green.out).toContain("100 random inputs, module and source alike");
  write([3]);
  const red = await policy("test", "low");
  expect(red).toMatchObject({ code: 1, err: "" });
  expect(red.out).toContain("module: order is 2, not 3");
  expect(red.out).toContain("source: order is 2, not 3");
}, 30_000);

describe("what is wrong with a policy is said", () => {
  const source = (name: string): string => join(cwd, name, "assembly", `${name}.ts`);
  const change = (path: string, from: string, to: string): void => {
    const text = readFileSync(path, "utf8");
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };
  beforeAll(async () => {
    for (const name of ["broken", "declared", "failing", "unlike", "wild"])
      expect((await policy("new", name, "--kind", "placement")).code).toBe(0);
  });

  it("with file, line and column, by the compiler", async () => {
    change(source("broken"), "<f32>leftCpus(job, node)", "node.nothing");
    const ran = await policy("build", "broken");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(
      /^broken\/assembly\/broken\.ts:10:17: error TS2339: Property 'nothing' does not exist/m,
    );
    expect(ran.err).not.toContain("FAILURE");
    const json = await policy("build", "broken", "--json");
    expect(JSON.parse(json.err)).toMatchObject({ code: "POLICY_BUILD" });
  });

  it("with file, line and column, of a declaration", async () => {
    change(source("declared"), "= 8;", "= 8000;");
    const ran = await policy("build", "declared");
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(
      /^declared\/assembly\/declared\.ts:6:3: parameter gpuCost: its default 8000 is not in 0 to 1000/m,
    );
  });

  it("by a case that fails, on both sides", async () => {
    change(join(cwd, "failing", "test", "failing.test.ts"), "order: [1, 0],", "order: [0, 1],");
    const ran = await policy("test", "failing", "--rounds", "2");
    expect(ran.code).toBe(1);
    expect(ran.out).toContain("FAIL the emptiest node is taken");
    expect(ran.out).toContain("module: order is 1, 0, not 0, 1");
    expect(ran.out).toContain("source: order is 1, 0, not 0, 1");
  });

  it("by random inputs, where score4 does not give what score gives", async () => {
    const four = `
  score4(job: Job, node: Node, leftCpus: v128, leftMemMib: v128, leftGpus: v128): v128 {
    return f32x4.convert_i32x4_s(leftCpus);
  }
}`;
    const path = source("unlike");
    writeFileSync(path, readFileSync(path, "utf8").replace(/\n}\n$/, `\n${four}\n`));
    const ran = await policy("test", "unlike", "--json");
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out).random.faults[0]).toMatch(/^round \d+: row \d+: module .*, source /);
  });

  it("in a test file: strange fields, no expectation, no TypeScript", async () => {
    const path = join(cwd, "wild", "test", "wild.test.ts");
    for (const [text, said] of [
      [
        'export const cases = [{ name: "x", nodes: [{ cpus: 1 }], order: [0] }];',
        "nodes[0] has cpus; there are freeCpus",
      ],
      ['export const cases = [{ name: "x", nodes: [{}] }];', "expects nothing"],
      [
        'export const cases = [{ name: "x", jobs: [{}], order: [0] }];',
        "has jobs; a case of a placement policy has",
      ],
      ["export const cases = [", "wild.test.ts: "],
    ] as const) {
      writeFileSync(path, text);
      const ran = await policy("test", "wild");
      expect(ran.code).toBe(1);
      expect(ran.err).toContain(said);
    }
  });

  it("where the source is not translated, the module is tested alone and that is told", async () => {
    const name = "wild";
    rmSync(join(cwd, name, "test"), { recursive: true });
    change(
      source(name),
      "return <f32>leftCpus(job, node)",
      "return <f32>[1, 2].length + <f32>leftCpus(job, node)",
    );
    const ran = await policy("test", name, "--rounds", "5");
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("5 random inputs, module alone");
    expect(ran.out).toContain("note: not run as TypeScript: wild/assembly/wild.ts:10:17: ");
  });
});
