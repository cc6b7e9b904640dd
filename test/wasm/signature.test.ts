/** Signatures of modules: put in, read, and found wrong when anything was changed. */
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import {
  isKeyText,
  keyTextOf,
  readPrivateKey,
  readSignatures,
  signModule,
} from "../../core/wasm/signature.ts";
import { wrongModule } from "./faults/wrong-module.ts";
import { unwrap } from "./nodes.ts";

const keyOf = () => generateKeyPairSync("ed25519").privateKey;
const module = wrongModule({});

describe("a signature", () => {
  test("is read with its key, and the module stays one that loads", () => {
    const key = keyOf();
    const signed = unwrap(signModule(module, key));
    expect(unwrap(readSignatures(signed)).keys).toEqual([keyTextOf(key)]);
    expect(isKeyText(keyTextOf(key))).toBe(true);
    expect([...unwrap(readSignatures(signed)).content]).toEqual([...module]);
    expect(loadPolicyModule(signed, "placement").ok).toBe(true);
  });

  test("stands beside those of others, and once for each key", () => {
    const [alice, bob] = [keyOf(), keyOf()];
    const both = unwrap(signModule(unwrap(signModule(module, alice)), bob));
    expect(unwrap(readSignatures(both)).keys).toEqual([keyTextOf(alice), keyTextOf(bob)]);
    const again = unwrap(signModule(both, alice));
    expect(unwrap(readSignatures(again)).keys).toEqual([keyTextOf(bob), keyTextOf(alice)]);
    expect(again.length).toBe(both.length);
  });

  test("is wrong when any byte of the module or of itself was changed", () => {
    const signed = unwrap(signModule(module, keyOf()));
    const at = fc.integer({ min: 8, max: signed.length - 1 });
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), (offset, change) => {
        const changed = Uint8Array.from(signed);
        changed[offset] = changed[offset]! ^ change;
        const read = readSignatures(changed);
        // Where the section is no signature any more, there is none.
        return !read.ok || read.value.keys.length === 0;
      }),
    );
  });

  test("does not cover what stands behind it", () => {
    const signed = unwrap(signModule(module, keyOf()));
    const more = Buffer.concat([signed, Buffer.of(0, 2, 1, 120)]);
    expect(readSignatures(more)).toMatchObject({ ok: false, refusal: { code: "POLICY_SIGNATURE" } });
  });

  test("of more keys than eight is refused", () => {
    let signed: Uint8Array = module;
    for (let i = 0; i < 8; i++) signed = unwrap(signModule(signed, keyOf()));
    expect(signModule(signed, keyOf())).toMatchObject({ ok: false, refusal: { code: "POLICY_SIGNATURE" } });
  });
});

test("bytes that are no module are refused or have no signature, never an exception", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readSignatures(bytes).ok || true));
});

test("only an ed25519 key in PEM is a key", () => {
  expect(readPrivateKey("no key")).toBeUndefined();
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  expect(readPrivateKey(String(rsa.export({ type: "pkcs8", format: "pem" })))).toBeUndefined();
  const pem = String(keyOf().export({ type: "pkcs8", format: "pem" }));
  expect(readPrivateKey(pem)?.asymmetricKeyType).toBe("ed25519");
});
