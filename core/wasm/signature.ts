/**
 * Signatures of modules: ed25519, in custom sections at the end of the binary, so that a signed module stays one file that
 * runs everywhere. What is signed is the digest of all that stands before the first of them. Run when a module is signed,
 * shown or chosen; runs none of it.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { ok, type Result, refuse } from "../model/refusal.ts";

const SIGNATURE_SECTION = "rota.signature";
const MAX_SIGNATURES = 8;
const HEADER_BYTES = 8;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** What else the key may be used for is not taken for a module's signature. */
const DOMAIN = "rota policy module 1\n";
const KEY_WORD = /^ed25519:([A-Za-z0-9+/]{43}=)$/;

/** A public key as rota.yaml names it: `ed25519:` and 32 bytes in base64. */
export type KeyText = string;

/** A module without its signatures, and who has signed it. */
export interface SignedModule {
  readonly content: Uint8Array;
  /** Every one of them is right. */
  readonly keys: readonly KeyText[];
}

/** Refuses a signature that is wrong with POLICY_SIGNATURE; a module without any has no keys. */
export function readSignatures(bytes: Uint8Array): Result<SignedModule> {
  const found = split(bytes);
  if (found === undefined)
    return refuse("POLICY_SIGNATURE", "the module's signatures do not stand at its end or are malformed");
  const { content, sections } = found;
  if (sections.length > MAX_SIGNATURES)
    return refuse("POLICY_SIGNATURE", `the module has more than ${MAX_SIGNATURES} signatures`);
  const message = messageOf(content);
  const keys: KeyText[] = [];
  for (const section of sections) {
    const raw = section.subarray(0, KEY_BYTES);
    const key = keyText(raw);
    const isRight =
      section.length === KEY_BYTES + SIGNATURE_BYTES &&
      verify(null, message, publicKey(raw), section.subarray(KEY_BYTES));
    if (!isRight) return refuse("POLICY_SIGNATURE", `the signature by ${key} is not that of this module`);
    keys.push(key);
  }
  return ok({ content, keys });
}

/** The module with one more signature, or with that of the key made anew. */
export function signModule(bytes: Uint8Array, privateKey: KeyObject): Result<Uint8Array> {
  const found = split(bytes);
  if (found === undefined)
    return refuse("POLICY_SIGNATURE", "the module's signatures do not stand at its end or are malformed");
  const raw = rawKey(createPublicKey(privateKey));
  const others = found.sections.filter(
    (section) => Buffer.compare(section.subarray(0, KEY_BYTES), raw) !== 0,
  );
  if (others.length >= MAX_SIGNATURES)
    return refuse("POLICY_SIGNATURE", `the module has ${MAX_SIGNATURES} signatures, and more are not read`);
  const own = Buffer.concat([raw, sign(null, messageOf(found.content), privateKey)]);
  return ok(Buffer.concat([found.content, ...[...others, own].map(sectionOf)]));
}

/** An ed25519 key of a PEM file, or undefined. */
export function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

export const keyTextOf = (privateKey: KeyObject): KeyText => keyText(rawKey(createPublicKey(privateKey)));

export const isKeyText = (text: string): boolean => KEY_WORD.test(text);

const keyText = (raw: Uint8Array): KeyText => `ed25519:${Buffer.from(raw).toString("base64")}`;

const rawKey = (key: KeyObject): Uint8Array =>
  Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");

function publicKey(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

const messageOf = (content: Uint8Array): Uint8Array =>
  Buffer.from(DOMAIN + createHash("sha256").update(content).digest("hex"));

/** Content and payloads of the signatures behind it; undefined where one stands elsewhere or a section has no end. */
function split(bytes: Uint8Array): { content: Uint8Array; sections: readonly Uint8Array[] } | undefined {
  const sections: Uint8Array[] = [];
  let end = bytes.length;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const size = readUnsigned(bytes, at + 1);
    if (size === undefined || size.next + size.value > bytes.length) return undefined;
    const next = size.next + size.value;
    const payload = bytes[at] === 0 ? signaturePayload(bytes.subarray(size.next, next)) : undefined;
    if (payload !== undefined) {
      if (sections.length === 0) end = at;
      sections.push(payload);
    } else if (sections.length > 0) return undefined;
    at = next;
  }
  return { content: bytes.subarray(0, end), sections };
}

/** What follows the name in a custom section of ours. */
function signaturePayload(section: Uint8Array): Uint8Array | undefined {
  const length = readUnsigned(section, 0);
  if (length?.value !== SIGNATURE_SECTION.length) return undefined;
  const end = length.next + length.value;
  const name = Buffer.from(section.subarray(length.next, end)).toString("latin1");
  return name === SIGNATURE_SECTION ? section.subarray(end) : undefined;
}

function sectionOf(payload: Uint8Array): Uint8Array {
  const name = Buffer.from(SIGNATURE_SECTION);
  const body = Buffer.concat([Buffer.of(name.length), name, payload]);
  // Of 111 bytes: the length is one byte.
  return Buffer.concat([Buffer.of(0, body.length), body]);
}

/** LEB128 of at most 32 bits. */
function readUnsigned(bytes: Uint8Array, at: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 128 ** i;
    if (byte < 128) return { value, next: at + i + 1 };
  }
  return undefined;
}
