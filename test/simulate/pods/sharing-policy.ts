/** The placements that choose parts of devices, built from the repository's sources. */
import type { SharingPolicy } from "../../../core/model/sharing.ts";
import { instantiateSharing } from "../../../core/wasm/sharing.ts";
import { builtIn } from "../../wasm/builds.ts";
import { unwrap } from "../../wasm/nodes.ts";

export async function sharingPolicy(name: string, seed = 0): Promise<SharingPolicy> {
  const module = await builtIn(`policies/placement/${name}`, "placement");
  return unwrap(instantiateSharing(module, {}, { number: 1, seed }));
}
