/**
 * Turns Slurm's topology.conf or topology.yaml into the `topology:` of rota.yaml. Pure; what it does not know it refuses
 * with the line.
 */
import { parse, stringify } from "yaml";
import { ok, type Result, refuse } from "../../model/refusal.ts";

/** No file is looked at beyond this, in UTF-16 units. */
export const MAX_TOPOLOGY_CHARS = 4 * 1024 * 1024;

interface Unit {
  readonly name: string;
  readonly nodes?: string;
  readonly switches?: string;
}

/** YAML that begins with `topology:`; `path` is for messages and says, by its ending, which of the two it is. */
export function importTopology(text: string, path: string): Result<string> {
  if (text.length > MAX_TOPOLOGY_CHARS)
    return wrong(path, 1, `the file is longer than ${MAX_TOPOLOGY_CHARS} characters`);
  return /\.ya?ml$/.test(path) ? fromYaml(text, path) : fromConf(text, path);
}

/** `SwitchName=s1 Nodes=n[1-4]`, `SwitchName=top Switches=s[1-2]`, `BlockName=b1 Nodes=n[1-18]`, a line each. */
function fromConf(text: string, path: string): Result<string> {
  const switches: Unit[] = [];
  const blocks: Unit[] = [];
  let pending = "";
  for (const [index, raw] of text.split("\n").entries()) {
    const line = pending + raw.replace(/#.*$/, "").trim();
    pending = line.endsWith("\\") ? line.slice(0, -1) : "";
    if (line === "" || pending !== "") continue;
    const fields = new Map<string, string>();
    for (const word of line.split(/\s+/)) {
      const at = word.indexOf("=");
      if (at < 1) return wrong(path, index + 1, `${JSON.stringify(word.slice(0, 40))} is no Name=Value`);
      fields.set(word.slice(0, at).toLowerCase(), word.slice(at + 1));
    }
    const unknown = [...fields.keys()].find((key) => !KNOWN.includes(key));
    if (unknown !== undefined) return wrong(path, index + 1, `there is no ${unknown} in a topology.conf`);
    const block = fields.get("blockname");
    const name = fields.get("switchname");
    if (block !== undefined) blocks.push({ name: block, nodes: fields.get("nodes") ?? "" });
    else if (name !== undefined) switches.push(switchOf(name, fields.get("nodes"), fields.get("switches")));
    else if (!fields.has("blocksizes"))
      return wrong(path, index + 1, "it has no SwitchName and no BlockName");
  }
  return described(switches, blocks, path);
}

const KNOWN: readonly string[] = ["switchname", "nodes", "switches", "linkspeed", "blockname", "blocksizes"];

interface YamlTopology {
  readonly tree?: { readonly switches?: readonly YamlUnit[] };
  readonly block?: { readonly blocks?: readonly YamlUnit[] };
  readonly cluster_default?: boolean;
}

interface YamlUnit {
  readonly switch?: unknown;
  readonly block?: unknown;
  readonly nodes?: unknown;
  readonly children?: unknown;
}

/** The topology that is the cluster's default, or the first that is a tree or has blocks. */
function fromYaml(text: string, path: string): Result<string> {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    return wrong(path, 1, `this is not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  const all = (Array.isArray(parsed) ? parsed : []).filter(
    (each): each is YamlTopology => typeof each === "object" && each !== null,
  );
  const usable = all.filter(({ tree, block }) => tree !== undefined || block !== undefined);
  const chosen = usable.find((each) => each.cluster_default === true) ?? usable[0];
  if (chosen === undefined) return wrong(path, 1, "it lists no topology with a tree or blocks");
  const listOf = (list: unknown): readonly YamlUnit[] => (Array.isArray(list) ? (list as YamlUnit[]) : []);
  const word = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
  return described(
    listOf(chosen.tree?.switches).map((unit) =>
      switchOf(String(unit.switch ?? ""), word(unit.nodes), word(unit.children)),
    ),
    listOf(chosen.block?.blocks).map((unit) => ({
      name: String(unit.block ?? ""),
      nodes: word(unit.nodes) ?? "",
    })),
    path,
  );
}

/** A switch that names both is taken by its nodes, as those below it stand in lines of their own. */
const switchOf = (name: string, nodes: string | undefined, below: string | undefined): Unit =>
  nodes === undefined || nodes === "" ? { name, switches: below ?? "" } : { name, nodes };

function described(switches: readonly Unit[], blocks: readonly Unit[], path: string): Result<string> {
  if (switches.length > 0 && blocks.length > 0)
    return wrong(path, 1, "it has switches and blocks; leave one of them out");
  if (switches.length + blocks.length === 0) return wrong(path, 1, "it has no switches and no blocks");
  const bare = [...switches, ...blocks].find(
    ({ name, nodes, switches: below }) => !name || !(nodes || below),
  );
  if (bare !== undefined)
    return wrong(path, 1, `${bare.name || "a unit without a name"} has nothing below it`);
  const topology = blocks.length > 0 ? { kind: "block", blocks } : { kind: "tree", switches };
  return ok(stringify({ topology }, { lineWidth: 0 }));
}

const wrong = (path: string, line: number, reason: string): Result<string> =>
  refuse("INVALID_SPEC", `${path}:${line}: ${reason}`);
