/**
 * Judges a module that was chosen before it serves: its digest, who has signed it, what it declares, its parameters; and
 * gives a site's own the fuel that its budgets are counted in. Runs when a policy is configured or loaded; runs no module.
 */
import { createHash } from "node:crypto";
import type { PolicyChoice, PolicyKind } from "../model/policy.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { Manifest } from "../wasm/manifest.ts";
import { loadPolicyModule, readModule } from "../wasm/module.ts";
import { parameterSets } from "../wasm/parameter-sets.ts";
import { readSignatures } from "../wasm/signature.ts";
import { builtModulePath } from "./built-file.ts";
import type { PolicyTrust } from "./config-trust.ts";
import { meterModule } from "./module-meter.ts";

export interface CheckedModule {
  /** As it runs: a site's own has fuel injected. */
  readonly bytes: Uint8Array;
  /** Of the file as it was given. */
  readonly sha256: string;
  readonly manifest: Manifest;
  /** It comes with Rota. */
  readonly isBuiltIn: boolean;
  /** Who has signed it, and what rota.yaml calls them. */
  readonly signedBy: readonly { readonly key: string; readonly name?: string }[];
}

/** `given` is the module where it was sent; refused with the code of the first check that fails, the message names the file. */
export async function checkModule(
  kind: PolicyKind,
  choice: PolicyChoice,
  given: Uint8Array | undefined,
  trust: PolicyTrust,
): Promise<Result<CheckedModule>> {
  const checked = await check(kind, choice, given, trust);
  if (checked.ok) return checked;
  const { refusal } = checked;
  return {
    ok: false,
    refusal: { ...refusal, message: `${kind} policy ${choice.module}: ${refusal.message}` },
  };
}

async function check(
  kind: PolicyKind,
  choice: PolicyChoice,
  given: Uint8Array | undefined,
  trust: PolicyTrust,
): Promise<Result<CheckedModule>> {
  const isFile = choice.module.endsWith(".wasm");
  const path = isFile ? choice.module : builtModulePath(kind, choice.module);
  const isBuiltIn = given === undefined && !isFile;
  const file = given ?? readModule(path);
  // Read once: what is checked is what serves, whatever happens to the file.
  const loaded = loadPolicyModule(file ?? path, kind);
  if (!loaded.ok) return loaded;
  const bytes = file ?? new Uint8Array();
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (choice.sha256 !== undefined && choice.sha256 !== sha256)
    return refuse(
      "POLICY_DIGEST",
      `its digest is sha256:${sha256}, and sha256:${choice.sha256} is asked for`,
      {
        sha256,
      },
    );
  const signed = readSignatures(bytes);
  if (!signed.ok) return signed;
  const signedBy = signed.value.keys.map((key) => {
    const name = trust.keys.find((trusted) => trusted.key === key)?.name;
    return { key, ...(name === undefined ? {} : { name }) };
  });
  if (trust.requireSigned && !isBuiltIn && !signedBy.some(({ name }) => name !== undefined))
    return refuse("POLICY_UNSIGNED", unsignedText(signed.value.keys, trust));
  const { manifest } = loaded.value;
  const values = parameterSets(manifest, choice.parameters, choice.partitions);
  if (!values.ok) return values;
  if (isBuiltIn) return ok({ bytes, sha256, manifest, isBuiltIn, signedBy });
  const metered = await meterModule(bytes);
  return metered.ok ? ok({ bytes: metered.value, sha256, manifest, isBuiltIn, signedBy }) : metered;
}

function unsignedText(keys: readonly string[], trust: PolicyTrust): string {
  const trusted = `the site trusts ${trust.keys.map(({ name }) => name).join(", ")}`;
  if (keys.length === 0) return `it is not signed; ${trusted}`;
  return `it is signed by ${keys.join(" and ")}, which is no trusted key; ${trusted}`;
}
