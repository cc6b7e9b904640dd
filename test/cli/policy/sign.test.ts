/** Keys and signatures at the prompt, and what a site that demands them says. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wrongModule } from "../../wasm/faults/wrong-module.ts";
import { type Ran, runWith } from "../rota/stand-in.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-sign-"));
  writeFileSync(join(folder, "site.wasm"), wrongModule({}));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const policy = (...args: string[]): Promise<Ran> => runWith({}, ["policy", ...args], { cwd: folder });

describe("a key", () => {
  it("is made once, readable by its owner alone, with the lines for rota.yaml", async () => {
    const made = await policy("keygen", "me.pem");
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toMatch(
      /^me\.pem: a private key.*\n.*\npolicies:\n {2}trusted_keys:\n {4}YOUR-NAME: ed25519:\S{44}\n/,
    );
    expect(statSync(join(folder, "me.pem")).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(folder, "me.pem"), "utf8");
    expect((await policy("keygen", "me.pem")).err).toContain(
      "POLICY_KEY: cannot write me.pem: it is there already",
    );
    expect(readFileSync(join(folder, "me.pem"), "utf8")).toBe(before);
  });
});

describe("a signature", () => {
  it("is put into the file or into a copy, and shown with the digest of what was written", async () => {
    const copied = await policy("sign", "site.wasm", "--key", "me.pem", "--out", "signed.wasm", "--json");
    const { keys, sha256 } = JSON.parse(copied.out) as { keys: string[]; sha256: string };
    expect((await policy("show", "site.wasm")).out).toMatch(/^signed by +nobody$/m);
    const shown = (await policy("show", "signed.wasm")).out;
    expect(shown).toContain(keys[0]);
    expect(shown).toContain(sha256);
    const inPlace = await policy("sign", "site.wasm", "--key", "me.pem");
    expect(inPlace).toMatchObject({
      code: 0,
      out: `site.wasm: signed by ${keys[0]}\ndigest: sha256:${sha256}\n`,
    });
    expect(readFileSync(join(folder, "site.wasm"))).toEqual(readFileSync(join(folder, "signed.wasm")));
  });

  it("needs a key, and a module of the site's own", async () => {
    expect((await policy("sign", "site.wasm")).err).toContain("--key <file>");
    expect((await policy("sign", "site.wasm", "--key", "none.pem")).err).toContain("none.pem cannot be read");
    expect((await policy("sign", "site.wasm", "--key", "site.wasm")).err).toContain("no ed25519 private key");
    expect((await policy("sign", "pack", "--key", "me.pem")).err).toContain("comes with Rota");
  });

  it("that is not the module's is said when it is shown", async () => {
    const bytes = readFileSync(join(folder, "signed.wasm"));
    // In the manifest's text, where another byte leaves a module that loads.
    const at = bytes.indexOf("wrong in one way");
    bytes.write("right", at);
    writeFileSync(join(folder, "changed.wasm"), bytes);
    const shown = await policy("show", "changed.wasm");
    expect(shown.code).not.toBe(0);
    expect(shown.err).toMatch(/POLICY_SIGNATURE: .*changed\.wasm: the signature by ed25519:\S+ is not that/);
  });
});
