/**
 * The package of policies/sdk: packed, installed without a network into a folder that knows nothing of this repository, and
 * used there as an author would.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadPolicyModule } from "../../../core/wasm/module.ts";
import { root } from "../../wasm/builds.ts";

const run = promisify(execFile);
/** The compiler and what it needs, copied from where they were installed once. */
const LIBRARIES = ["assemblyscript", "binaryen", "long"];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rota-package-"));
  const sdk = root("policies", "sdk");
  const packed = await run("npm", ["pack", "--offline", "--silent", "--pack-destination", folder], {
    cwd: sdk,
  });
  writeFileSync(join(folder, "package.json"), '{ "name": "site-policies", "private": true }');
  const from = [
    ...LIBRARIES.map((name) => `file:${root("node_modules", name)}`),
    `./${packed.stdout.trim()}`,
  ];
  const flags = ["--offline", "--install-links", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...flags, ...from], { cwd: folder });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const policy = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  try {
    const program = join(folder, "node_modules", ".bin", "rota-policy");
    const { stdout, stderr } = await run(program, args, { cwd: folder });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
};

it.each(["priority", "topology"])(
  "makes, builds and tests a %s policy, which this version of Rota loads",
  async (kind) => {
    const name = `my-${kind}`;
    const made = await policy("new", name, "--kind", kind);
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toContain(`next: rota-policy test ${name}`);
    const tested = await policy("test", name, "--rounds", "20");
    expect(tested).toMatchObject({ code: 0, err: "" });
    expect(tested.out).toContain("20 random inputs, module and source alike");
    expect((await policy("build", name)).out).toContain(", unchanged");
    const binary = readFileSync(join(folder, name, "build", `${name}.wasm`));
    expect(loadPolicyModule(binary, kind as "priority")).toMatchObject({ ok: true });
    expect((await policy("show", name)).out).toMatch(new RegExp(`^kind +${kind}$`, "m"));
  },
  60_000,
);

it("says what is wrong with file, line and column, and fails", async () => {
  expect((await policy("new", "broken", "--kind", "priority")).code).toBe(0);
  const source = join(folder, "broken", "assembly", "broken.ts");
  writeFileSync(source, readFileSync(source, "utf8").replace("job.ageS", "job.nothing"));
  const built = await policy("build", "broken");
  expect(built).toMatchObject({ code: 1, out: "" });
  expect(built.err).toMatch(/^broken\/assembly\/broken\.ts:10:16: error TS2339/m);
  expect((await policy("build", "nowhere")).err).toContain("POLICY_FOLDER");
  expect((await policy("publish")).code).toBe(1);
}, 60_000);
