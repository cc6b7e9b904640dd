/** Every command of plugins/README.md, in its order, on the built programs and a cluster, from nothing to devices of a node. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Shell } from "../../e2e/command-run.ts";
import { stopAll } from "../../e2e/programs.ts";
import { TestCluster } from "../../e2e/test-cluster.ts";
import { root } from "../../wasm/builds.ts";

let shell: Shell;
beforeAll(async () => {
  shell = new Shell(await TestCluster.start(["n1"]));
});
afterAll(stopAll);

/** Indented lines that begin as commands do. */
const COMMANDS = readFileSync(root("plugins", "README.md"), "utf8")
  .split("\n")
  .filter((line) => /^ {4}(rota|cat|echo|npm|PATH=)/.test(line))
  .map((line) => line.trim());

/** What shows that a command did what the text says, in the order of the commands. */
const SAYS: readonly RegExp[] = [
  /next: rota device check acme/,
  /export const hardwarePlugin = \(host\) =>/,
  /^16 of 16 checks passed on 4 recorded hosts$/m,
  /^#.*UUID\n0 +anvil .*DEV-0000\n1 +anvil .*DEV-0001\na job with all of them has\n {2}ACME_VISIBLE_DEVICES=DEV-0000,DEV-0001$/m,
  /acme> .*16/,
  /acme1[\s\S]*gpu:anvil/,
  /rota-plugin-acme-0\.1\.0\.tgz/,
];

it("the commands of the README run, and say what it says", async () => {
  expect(COMMANDS).toHaveLength(SAYS.length);
  for (const [at, command] of COMMANDS.entries()) {
    const { out, err } = await shell.run(command);
    expect(`${out}${err}`, command).toMatch(SAYS[at]!);
  }
});
