/** `rota policy keygen` and `sign`: who answers for a module. Keys are ed25519, private ones PEM files of their owner alone. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { keyTextOf, readPrivateKey, readSignatures, signModule } from "../../../wasm/signature.ts";
import { answer, type CommandContext } from "../context.ts";
import { printable } from "../terminal.ts";
import { findModule } from "./modules.ts";

export interface KeyFlags {
  readonly json?: boolean;
}

export interface SignFlags extends KeyFlags {
  readonly key: string;
  readonly out?: string;
}

const MAX_KEY_BYTES = 10_000;

interface MadeKey {
  readonly file: string;
  readonly key: string;
}

interface SignedFile {
  readonly file: string;
  readonly sha256: string;
  readonly keys: readonly string[];
}

/** Writes a new private key; an existing file is refused. */
export async function makeKey(context: CommandContext, file: string, { json }: KeyFlags): Promise<number> {
  return answer(context, newKey(context.cwd, file), json === true, ({ file: made, key }) =>
    [
      `${printable(relative(context.cwd, made))}: a private key; keep it to yourself`,
      "A site trusts it by this in its rota.yaml:",
      ...["policies:", "  trusted_keys:", `    YOUR-NAME: ${key}`, "  require_signed: true", ""],
    ].join("\n"),
  );
}

/** Puts a signature into the module's file, or with --out into a copy. */
export async function signPolicy(context: CommandContext, word: string, flags: SignFlags): Promise<number> {
  return answer(context, signFile(context.cwd, word, flags), flags.json === true, ({ file, sha256, keys }) =>
    [
      `${printable(relative(context.cwd, file))}: signed by ${keys.join(" and ")}`,
      `digest: sha256:${sha256}`,
      "",
    ].join("\n"),
  );
}

function newKey(cwd: string, file: string): Result<MadeKey> {
  const path = resolve(cwd, file);
  const { privateKey } = generateKeyPairSync("ed25519");
  try {
    // Never over another key, and never readable by others, not for a moment.
    writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { flag: "wx", mode: 0o600 });
  } catch (error) {
    const why = existsSync(path) ? "it is there already" : (error as Error).message;
    return refuse("POLICY_KEY", `cannot write ${file}: ${why}`);
  }
  return ok({ file: path, key: keyTextOf(privateKey) });
}

function signFile(cwd: string, word: string, { key: keyFile, out }: SignFlags): Result<SignedFile> {
  const found = findModule(cwd, word);
  if (!found.ok) return found;
  if (found.value.isBuiltIn)
    return refuse(
      "POLICY_UNREADABLE",
      `${word} comes with Rota and needs no signature; name a file or a folder`,
    );
  const pem = readKeyFile(resolve(cwd, keyFile));
  const key = pem === undefined ? undefined : readPrivateKey(pem);
  if (key === undefined)
    return refuse(
      "POLICY_KEY",
      `${keyFile} ${pem === undefined ? "cannot be read" : "is no ed25519 private key in PEM"}`,
    );
  const signed = signModule(readFileSync(found.value.path), key);
  if (!signed.ok) return signed;
  const path = out === undefined ? found.value.path : resolve(cwd, out);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, signed.value);
  renameSync(draft, path);
  const read = readSignatures(signed.value);
  if (!read.ok) return read;
  const sha256 = createHash("sha256").update(signed.value).digest("hex");
  return ok({ file: path, sha256, keys: read.value.keys });
}

function readKeyFile(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.length > MAX_KEY_BYTES ? undefined : text;
  } catch {
    return undefined;
  }
}
