/** Opens the placement of a replay of pods: a module that comes with Rota, by name, or the file of a site's own. */
import { builtModulePath } from "../../controller/built-file.ts";
import type { Result } from "../../model/refusal.ts";
import type { SharingPolicy } from "../../model/sharing.ts";
import { loadPolicyModule } from "../../wasm/module.ts";
import { instantiateSharing } from "../../wasm/sharing.ts";

/** `seed` is an integer, 0 .. 2^32 - 1; of what the module draws. */
export function openPlacement(placement: string, seed: number): Result<SharingPolicy> {
  const path = placement.endsWith(".wasm") ? placement : builtModulePath("placement", placement);
  const loaded = loadPolicyModule(path, "placement");
  return loaded.ok ? instantiateSharing(loaded.value, {}, { number: 1, seed }) : loaded;
}
