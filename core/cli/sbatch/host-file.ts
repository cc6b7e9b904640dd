/**
 * The list of nodes that the tasks of an arbitrary distribution lie on: of --nodelist, of a file that it names, or of the
 * file that SLURM_HOSTFILE names, which makes any distribution an arbitrary one, as in Slurm. Reads that file, no other.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ARBITRARY_WITHOUT_NODES, isArbitrary } from "../../model/distribution.ts";
import { type Failure, failure, plainFailure } from "../failure.ts";
import type { Invocation } from "../invocation.ts";
import type { Draft } from "./draft.ts";

/** Hosts of a file, as many as a cluster has nodes with every task on its own line. */
const MAX_HOST_FILE_BYTES = 16 * 1024 * 1024;

/** Takes the nodes into each draft that has none; the failure when it cannot. */
export const takeHostFile = (
  { command, cwd, env }: Invocation,
  drafts: readonly Draft[],
): Failure | undefined => {
  const file = env["SLURM_HOSTFILE"] ?? "";
  for (const { spec } of drafts) {
    const { nodelist = "", distribution = "" } = spec;
    const path = nodelist.includes("/") ? nodelist : nodelist === "" ? file : "";
    if (file !== "") spec.distribution = "arbitrary";
    if (path !== "") {
      const hosts = readHosts(resolve(cwd, path));
      if (hosts === undefined)
        return plainFailure(
          `${command}: error: slurm_allocate_resources error opening file ${path}, No such file or directory\n` +
            `${command}: error: Failure getting NodeNames from hostfile\n`,
        );
      spec.nodelist = hosts;
    } else if (nodelist === "" && isArbitrary(distribution)) return failure(command, ARBITRARY_WITHOUT_NODES);
  }
  return undefined;
};

/** One a line or several with commas between; what follows `#` is said to people. undefined where it cannot be read. */
const readHosts = (path: string): string | undefined => {
  try {
    const text = readFileSync(path, "utf8").slice(0, MAX_HOST_FILE_BYTES);
    const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
    return lines.filter((line) => line !== "").join(",");
  } catch {
    return undefined;
  }
};
