/** Which modules a site takes: pinned by digest, signed by keys that it trusts, and refused with the name of the file. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../core/controller/config.ts";
import { PolicyDesk } from "../../core/controller/policy-desk.ts";
import type { Result } from "../../core/model/refusal.ts";
import { keyTextOf, signModule } from "../../core/wasm/signature.ts";
import { wrongModule } from "../wasm/faults/wrong-module.ts";

const log = pino({ level: "silent" });
const alice = generateKeyPairSync("ed25519").privateKey;
const mallory = generateKeyPairSync("ed25519").privateKey;
const plain = wrongModule({});
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-trust-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = (policies: string) => parseConfig(`policies:\n${policies}`, join(folder, "rota.yaml"));

/** Opens the desk on a file with these bytes. */
async function open(
  bytes: Uint8Array,
  more: { choice?: string; policies?: string },
): Promise<Result<PolicyDesk>> {
  writeFileSync(join(folder, "site.wasm"), bytes);
  const { choice = "", policies = "" } = more;
  const parsed = config(`  placement:\n    module: site.wasm\n${choice}${policies}`);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return PolicyDesk.open(parsed.value.policies, log);
}

const signedBy = (key: typeof alice): Uint8Array => {
  const signed = signModule(plain, key);
  if (!signed.ok) throw new Error(signed.refusal.message);
  return signed.value;
};

const refused = (code: string, ...words: readonly string[]) => ({
  ok: false,
  refusal: { code, message: expect.stringMatching(words.join(".*")) },
});

describe("a pinned module", () => {
  it("serves when its file has the digest", async () => {
    const desk = await open(plain, { choice: `    digest: sha256:${digest(plain)}\n` });
    expect(desk.ok && desk.value.details()[1]).toMatchObject({ name: "wrong", sha256: digest(plain) });
  });

  it("is refused with the file and both digests when it has another", async () => {
    const other = wrongModule({ more: "(func)" });
    const pinned = await open(other, { choice: `    digest: sha256:${digest(plain)}\n` });
    expect(pinned).toMatchObject(
      refused("POLICY_DIGEST", "^placement policy .*site\\.wasm: ", digest(other), digest(plain)),
    );
  });

  it.each(["abc", `sha256:${"A".repeat(64)}`, `md5:${"a".repeat(64)}`])("cannot be pinned by %s", (text) => {
    const parsed = config(`  placement:\n    module: site.wasm\n    digest: ${text}\n`);
    expect(parsed).toMatchObject(refused("CONFIG_INVALID", "rota\\.yaml:4:13: digest is sha256: and 64"));
  });
});

describe("a site that demands signatures", () => {
  const demand = `  trusted_keys:\n    alice: ${keyTextOf(alice)}\n  require_signed: true\n`;

  it("takes a module that a trusted key has signed, and says who", async () => {
    const desk = await open(signedBy(alice), { policies: demand });
    expect(desk.ok && desk.value.details().find(({ kind }) => kind === "placement")?.signedBy).toEqual([
      { key: keyTextOf(alice), name: "alice" },
    ]);
  });

  it("refuses one that nobody has signed, and one that another has, with the file and the names", async () => {
    expect(await open(plain, { policies: demand })).toMatchObject(
      refused("POLICY_UNSIGNED", "site\\.wasm: it is not signed; the site trusts alice"),
    );
    const foreign = await open(signedBy(mallory), { policies: demand });
    const key = keyTextOf(mallory).replaceAll("+", "\\+");
    expect(foreign).toMatchObject(
      refused("POLICY_UNSIGNED", `it is signed by ${key}, which is no trusted key`),
    );
  });

  it("refuses a module that is loaded unsigned, and keeps what served", async () => {
    const desk = await open(signedBy(alice), { policies: demand });
    if (!desk.ok) throw new Error(desk.refusal.message);
    const choice = { kind: "placement", module: "/there/new.wasm", parameters: {} } as const;
    expect(await desk.value.load(choice, plain, 1)).toMatchObject(
      refused("POLICY_UNSIGNED", "/there/new\\.wasm"),
    );
    expect(desk.value.details().find(({ kind }) => kind === "placement")?.origin).toBe("configuration");
    expect((await desk.value.load(choice, signedBy(alice), 1)).ok).toBe(true);
  });

  it("takes what comes with Rota as it is", async () => {
    const parsed = config(demand);
    expect(parsed.ok && (await PolicyDesk.open(parsed.value.policies, log)).ok).toBe(true);
  });

  it("has to name a key that is one", () => {
    expect(config("  require_signed: true\n")).toMatchObject(refused("CONFIG_INVALID", "no key is trusted"));
    expect(config("  trusted_keys:\n    alice: ed25519:AAAA\n")).toMatchObject(
      refused("CONFIG_INVALID", "alice is no key"),
    );
    expect(config("  trusted_keys: alice\n")).toMatchObject(refused("CONFIG_INVALID", "is no mapping"));
  });
});

it("refuses a module that was changed after it was signed, whether or not signatures are demanded", async () => {
  const changed = Uint8Array.from(signedBy(alice));
  changed[plain.length - 1]! ^= 1;
  expect((await open(changed, {})).ok).toBe(false);
});

describe("budgets", () => {
  it("are read from the file, of time and of fuel", () => {
    const parsed = config(
      "  call_budget: 50ms\n  pass_budget: 2s\n  call_fuel: 5000000\n  pass_fuel: 900000000\n",
    );
    expect(parsed.ok && parsed.value.policies).toMatchObject({
      callBudgetMs: 50,
      passBudgetMs: 2_000,
      fuel: { callUnits: 5_000_000, passUnits: 900_000_000 },
    });
  });

  it("are refused with the range where they are none", () => {
    expect(config("  call_fuel: 3\n")).toMatchObject(refused("CONFIG_INVALID", "1000"));
    expect(config("  call_fuel: 9000000000\n")).toMatchObject(refused("CONFIG_INVALID", "2147483647"));
  });
});
