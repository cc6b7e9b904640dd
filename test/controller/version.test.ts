/** One version, said in several programs. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { AGENT_VERSION } from "../../agents/node/agent.ts";
import { VERSION } from "../../core/controller/version.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

it("is the package's in the controller, the agent and the changelog", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(VERSION).toBe(version);
  expect(AGENT_VERSION).toBe(version);
  expect(readFileSync(join(root, "CHANGELOG.md"), "utf8")).toContain(`## ${version}`);
});
