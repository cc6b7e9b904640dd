/** The `licenses:` of rota.yaml, `{ matlab: 10, ansys: 4 }`. Reads a document; pure. */
import { LICENCE_NAME, type LicenceSpec, MAX_LICENCE_COUNT, MAX_LICENCE_KINDS } from "../model/licence.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

/** Sorted by name; none where the file has none. */
export function readLicences(document: ConfigDocument, spot: Spot | undefined): readonly LicenceSpec[] {
  if (spot === undefined) return [];
  const names = document.keys(spot);
  if (names.length > MAX_LICENCE_KINDS) {
    const reason = `licenses has ${names.length} names; at most ${MAX_LICENCE_KINDS} are possible`;
    document.fault(spot.offset, reason);
    return [];
  }
  const fields = document.fields(spot, names.length > 0 ? names : ["matlab"]);
  const specs: LicenceSpec[] = [];
  for (const [name, value] of fields) {
    if (!LICENCE_NAME.test(name))
      document.fault(value.offset, `${name} is no licence's name; write letters, digits and _ . - @`);
    specs.push({ name, total: document.integer(value, 0, MAX_LICENCE_COUNT) ?? 0 });
  }
  return specs.sort((a, b) => (a.name < b.name ? -1 : 1));
}
