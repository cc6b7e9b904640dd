/** Opens the placement of a replay of pods: a module that comes with Rota, by name, or the file of a site's own. */
import { builtModulePath } from "../../controller/built-file.ts";
import { meterModule } from "../../controller/module-meter.ts";
import { ok, type Result } from "../../model/refusal.ts";
import type { SharingPolicy } from "../../model/sharing.ts";
import { MAX_CALL_UNITS, MAX_PASS_UNITS } from "../../wasm/fuel/tank.ts";
import { loadPolicyModule, readModule } from "../../wasm/module.ts";
import { instantiateSharing } from "../../wasm/sharing.ts";

/** A replay is one pass, in which nobody waits for a call to come back: all that fuel can count, some minutes. */
const FUEL = { callUnits: MAX_CALL_UNITS, passUnits: MAX_PASS_UNITS };

/** `seed` is an integer, 0 .. 2^32 - 1; of what the module draws. A site's own gets fuel, so that no loop is endless. */
export async function openPlacement(placement: string, seed: number): Promise<Result<SharingPolicy>> {
  const source = placement.endsWith(".wasm") ? await ownModule(placement) : undefined;
  if (source?.ok === false) return source;
  const loaded = loadPolicyModule(source?.value ?? builtModulePath("placement", placement), "placement");
  return loaded.ok ? instantiateSharing(loaded.value, {}, { number: 1, seed, fuel: FUEL }) : loaded;
}

/** The file's bytes with fuel; the path of one that is no module, to be refused as it is loaded. */
async function ownModule(path: string): Promise<Result<Uint8Array | string>> {
  const bytes = readModule(path);
  if (bytes === undefined || !loadPolicyModule(bytes, "placement").ok) return ok(path);
  return meterModule(bytes);
}
