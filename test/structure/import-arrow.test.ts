/** The import arrow: which room may import which. Reads the sources as text; a new room must be added here. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const STAGES = ["admit", "prioritise", "place", "commit", "launch", "account"];

/** Room → rooms that it may import besides itself. A room is the longest prefix below that a file is in. */
const ARROWS: Readonly<Record<string, readonly string[] | "anything">> = {
  "core/model": [],
  "core/state": ["core/model"],
  ...Object.fromEntries(STAGES.map((stage) => [`core/${stage}`, ["core/model", "core/state"]])),
  // launch writes orders for agents, in the agents' words
  "core/launch": ["core/model", "core/state", "agents/protocol"],
  "core/wasm": ["core/model", "core/state"],
  "core/api": ["core/model", "core/state", "agents/protocol"],
  "core/controller": "anything",
  "core/cli": "anything",
  "core/simulate": "anything",
  "core/build.ts": "anything",
  "agents/protocol": ["core/model"],
  "agents/node": ["agents/protocol", "plugins/sdk", "plugins/hardware", "core/model"],
  "agents/fake": ["agents/protocol", "core/model"],
  "plugins/sdk": ["core/model"],
  "plugins/hardware": ["plugins/sdk", "core/model"],
  "plugins/stores": ["plugins/sdk", "core/model"],
  "plugins/topology": ["policies/sdk"],
  policies: ["core/wasm"],
};

const rooms = Object.keys(ARROWS).sort((a, b) => b.length - a.length);
const roomOf = (path: string): string | undefined =>
  rooms.find((room) => path === room || path.startsWith(`${room}/`));

const sources = ["core", "agents", "plugins", "policies"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("assembly/") && !name.includes("node_modules"))
    .map((name) => `${folder}/${name}`),
);

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  const found = text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)["'](\.[^"']+)["']/g);
  return [...found].map((match) => relative(root, resolve(root, dirname(path), match[1]!)));
}

it("every source file is in a room that the arrow knows", () => {
  expect(sources.filter((path) => roomOf(path) === undefined)).toEqual([]);
});

it("no room imports against the arrow", () => {
  const wrong: string[] = [];
  for (const path of sources) {
    const room = roomOf(path);
    const allowed = room === undefined ? [] : ARROWS[room];
    if (room === undefined || allowed === undefined || allowed === "anything") continue;
    for (const target of importsOf(path)) {
      const targetRoom = roomOf(target);
      if (targetRoom !== undefined && targetRoom !== room && !allowed.includes(targetRoom)) {
        wrong.push(`${path} imports ${target}: ${room} may not import ${targetRoom}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

it("stages never import each other", () => {
  const wrong = sources.flatMap((path) => {
    const stage = STAGES.find((name) => path.startsWith(`core/${name}/`));
    if (stage === undefined) return [];
    return importsOf(path).filter((target) =>
      STAGES.some((other) => other !== stage && target.startsWith(`core/${other}/`)),
    );
  });
  expect(wrong).toEqual([]);
});

it("stages, model and reducer read no clock, no chance and no files", () => {
  const pure = sources.filter(
    (path) =>
      ["core/model", "core/state", ...STAGES.map((stage) => `core/${stage}`)].some((room) =>
        path.startsWith(`${room}/`),
      ) &&
      !path.endsWith("build-kernel.ts") &&
      !path.endsWith("load-kernel.ts"),
  );
  const wrong = pure.filter((path) =>
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|from "node:(fs|net|http|child_process|os)/.test(
      readFileSync(join(root, path), "utf8"),
    ),
  );
  expect(wrong).toEqual([]);
});
