/** What an author's file declares, and what is said of one that declares it wrongly. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { buildModule } from "../../policies/sdk/compile.ts";
import { columnsRead, readDeclaration } from "../../policies/sdk/declaration.ts";

const SCORE = "score(job: Job, node: Node): f32 { return 0; }";
const declare = (body: string) => readDeclaration("mine.ts", body);

test("a class of one method is a whole policy", () => {
  expect(declare(`@final class Mine extends Placement { ${SCORE} }`)).toEqual({
    ok: true,
    value: { className: "Mine", kind: "placement", version: "0.0.0", doc: "", parameters: [] },
  });
});

test("version, doc and parameters are read off the decorators", () => {
  const declared = declare(`
    @policy("1.2.3", "Mine.") class Mine extends Topology {
      @parameter(-1, 1e3, "How much.", "CPUs") weight: f32 = 2_5.5;
      @parameter(0, 1, "Whether.") flag: bool = true;
      other: i32 = 3;
      score(job: Job, leaf: Leaf, want: i32): f64 { return 0; }
    }`);
  expect(declared).toEqual({
    ok: true,
    value: {
      className: "Mine",
      kind: "topology",
      version: "1.2.3",
      doc: "Mine.",
      parameters: [
        { name: "weight", type: "f32", default: 25.5, min: -1, max: 1000, unit: "CPUs", doc: "How much." },
        { name: "flag", type: "bool", default: 1, min: 0, max: 1, unit: "", doc: "Whether." },
      ],
    },
  });
});

test("a priority policy may say that its scores stay", () => {
  const score = "score(job: PendingJob, cluster: Cluster): f64 { return 0; }";
  const declared = declare(`@policy("1.0.0", "Mine.", "static") class Mine extends Priority { ${score} }`);
  expect(declared.ok && declared.value.time).toBe("static");
  const silent = declare(`@policy("1.0.0", "Mine.") class Mine extends Priority { ${score} }`);
  expect(silent.ok && silent.value.time).toBeUndefined();
});

test("the columns are those of the driver and those that the text names", () => {
  expect(columnsRead({ kind: "topology" }, ["node.topologyLeaf", "node.hardwareClass4"])).toEqual([
    "hardwareClass",
    "topologyLeaf",
  ]);
  expect(columnsRead({ kind: "priority" }, ["job.ageS / 2", "job.freeCpus"])).toEqual(["ageS"]);
  expect(columnsRead({ kind: "placement" }, [""])).not.toContain("hardwareClass");
});

describe("a file is refused that", () => {
  test.each([
    ["has no policy", "class Mine {}", "no class extends"],
    ["has two", `class A extends Placement { ${SCORE} } class B extends Placement { ${SCORE} }`, "A and B"],
    ["has no score", "class Mine extends Placement {}", "no method score"],
    [
      "is a static policy of another kind",
      `@policy("1.0.0", "", "static") class M extends Placement { ${SCORE} }`,
      "only a priority policy",
    ],
    [
      "has a third word that is another",
      `@policy("1", "", "fast") class M extends Priority { ${SCORE} }`,
      "static",
    ],
    [
      "gives a parameter no range",
      `class M extends Placement { @parameter() a: f32 = 1; ${SCORE} }`,
      "@parameter(min",
    ],
    [
      "gives a parameter no default",
      `class M extends Placement { @parameter(0, 1, "") a: f32; ${SCORE} }`,
      "default",
    ],
    [
      "gives a default out of range",
      `class M extends Placement { @parameter(0, 1, "") a: f32 = 2; ${SCORE} }`,
      "0 to 1",
    ],
    [
      "has a text as parameter",
      `class M extends Placement { @parameter(0, 1, "") a: string = ""; ${SCORE} }`,
      "type",
    ],
  ])("%s", (_name, text, word) => {
    const declared = declare(text);
    expect(declared.ok ? "" : declared.message).toContain(word);
  });
});

describe("an author's folder anywhere", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "rota-policy-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("builds with files of its own, and is built again only when one of them changes", async () => {
    const source = join(folder, "mine.ts");
    const out = join(folder, "out", "mine.wasm");
    writeFileSync(
      join(folder, "taste.ts"),
      'import { Node } from "rota/placement";\nexport function taste(node: Node): f32 { return <f32>node.hardwareClass; }\n',
    );
    writeFileSync(
      source,
      'import { Job, Node, Placement } from "rota/placement";\nimport { taste } from "./taste";\n@final class Mine extends Placement { score(job: Job, node: Node): f32 { return taste(node); } }\n',
    );
    expect(await buildModule(source, out)).toMatchObject({ ok: true, value: { compiled: true } });
    expect(await buildModule(source, out)).toMatchObject({ ok: true, value: { compiled: false } });
    const loaded = loadPolicyModule(out, "placement");
    expect(loaded.ok && loaded.value.manifest.columns).toContain("hardwareClass");
    writeFileSync(join(folder, "taste.ts"), "export function taste(node: i32): f32 { return 1; }\n");
    const failed = await buildModule(source, out);
    expect(failed.ok ? "" : failed.message).toContain("mine.ts");
  });

  test("is not built as static when it reads what changes with time", async () => {
    const source = join(folder, "aging.ts");
    writeFileSync(
      source,
      'import { Cluster, PendingJob, Priority } from "rota/priority";\n@policy("1.0.0", "Oldest first.", "static")\nclass Aging extends Priority { score(job: PendingJob, cluster: Cluster): f64 { return job.ageS; } }\n',
    );
    const failed = await buildModule(source, join(folder, "out", "aging.wasm"));
    expect(failed.ok ? "" : failed.message).toContain("a static policy must not use ageS");
  });
});
