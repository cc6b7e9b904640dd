/** The folder of a policy: where its source, its tests and its module are. Looks; writes nothing. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ok, type Result, refuse } from "../../../model/refusal.ts";

export interface PolicyFolder {
  readonly name: string;
  readonly folder: string;
  readonly source: string;
  readonly test: string;
  readonly out: string;
}

/** The policy in `folder`, as it was given from `cwd`. The source bears the folder's name, or is the only one there. */
export function policyFolder(cwd: string, folder: string): Result<PolicyFolder> {
  const at = resolve(cwd, folder);
  const assembly = join(at, "assembly");
  if (!existsSync(assembly) || !statSync(assembly).isDirectory())
    return refuse(
      "POLICY_FOLDER",
      `${at} has no folder assembly with a policy; rota policy new NAME --kind KIND makes one`,
    );
  const files = readdirSync(assembly).filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
  const own = `${basename(at)}.ts`;
  const [first, second] = files;
  const file = files.includes(own) ? own : second === undefined ? first : undefined;
  if (file === undefined)
    return refuse(
      "POLICY_FOLDER",
      `${assembly} has ${files.length} files; name the policy's after its folder, ${own}`,
    );
  const name = basename(file, ".ts");
  return ok({
    name,
    folder: at,
    source: join(assembly, file),
    test: join(at, "test", `${name}.test.ts`),
    out: join(at, "build", `${name}.wasm`),
  });
}
