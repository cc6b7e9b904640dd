/** Whose policy modules a site takes: `trusted_keys` and `require_signed` of the `policies:` of rota.yaml. Pure. */
import { isKeyText } from "../wasm/signature.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

export interface TrustedKey {
  readonly name: string;
  /** `ed25519:` and the public key in base64. */
  readonly key: string;
}

export interface PolicyTrust {
  readonly keys: readonly TrustedKey[];
  /** A site's own modules serve only with the signature of one of the keys. */
  readonly requireSigned: boolean;
}

export const TRUST_DEFAULTS: PolicyTrust = { keys: [], requireSigned: false };
export const TRUST_FIELDS = ["trusted_keys", "require_signed"] as const;

const MAX_KEYS = 64;
const NAME = /^[A-Za-z0-9_.@-]{1,64}$/;
const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** `trusted_keys: {alice: "ed25519:…"}` and whether one of them is demanded. */
export function readTrust(document: ConfigDocument, fields: ReadonlyMap<string, Spot>): PolicyTrust {
  const keys = readKeys(document, fields.get("trusted_keys"));
  const requireSigned = document.boolean(fields.get("require_signed")) ?? false;
  if (requireSigned && keys.length === 0)
    document.fault(
      fields.get("require_signed")!.offset,
      "require_signed is true and no key is trusted; write trusted_keys: {NAME: ed25519:…} as well",
    );
  return { keys, requireSigned };
}

/** The 64 digits of a module's `digest: sha256:…`. */
export function readDigest(document: ConfigDocument, spot: Spot | undefined): string | undefined {
  const text = document.text(spot, 80);
  if (spot === undefined || text === undefined) return undefined;
  const digits = DIGEST.exec(text)?.[1];
  if (digits === undefined)
    document.fault(
      spot.offset,
      "digest is sha256: and 64 hexadecimal digits, as sha256sum and rota policy show give them",
    );
  return digits;
}

function readKeys(document: ConfigDocument, spot: Spot | undefined): readonly TrustedKey[] {
  if (spot === undefined) return [];
  if (!document.isMapping(spot)) {
    document.fault(spot.offset, "trusted_keys is no mapping; write a name and a key, as alice: ed25519:…");
    return [];
  }
  const names = document.keys(spot);
  if (names.length > MAX_KEYS) {
    document.fault(spot.offset, `trusted_keys has ${names.length} keys; at most ${MAX_KEYS} are possible`);
    return [];
  }
  const keys: TrustedKey[] = [];
  for (const [name, value] of document.fields(spot, names)) {
    const key = document.text(value, 80);
    if (!NAME.test(name))
      document.fault(value.offset, "a key's name has at most 64 letters, digits and _ . @ -");
    else if (key !== undefined && !isKeyText(key))
      document.fault(value.offset, `${name} is no key; write what rota policy keygen printed, ed25519:…`);
    else if (key !== undefined) keys.push({ name, key });
  }
  return keys;
}
