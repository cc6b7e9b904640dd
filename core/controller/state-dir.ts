/**
 * The controller's files besides the store: the token that clients send, and `connect.json`, which tells them where
 * the controller listens. Both are readable by their owner alone. Written when the controller starts.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RotaError } from "../model/errors.ts";

export interface Connect {
  readonly url: string;
  readonly tokenFile: string;
}

const TOKEN_BYTES = 32;

/** Makes the directory and the token where they are missing. Throws CONFIG_UNREADABLE when it may not be written. */
export function prepareStateDir(directory: string): { readonly token: string; readonly tokenFile: string } {
  const tokenFile = join(directory, "token");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!existsSync(tokenFile)) writePrivate(tokenFile, `${randomBytes(TOKEN_BYTES).toString("hex")}\n`);
    return { token: readFileSync(tokenFile, "utf8").trim(), tokenFile };
  } catch (error) {
    throw new RotaError(
      "CONFIG_UNREADABLE",
      `the state directory ${directory} cannot be used: ${(error as Error).message}`,
    );
  }
}

export function writeConnect(directory: string, connect: Connect): void {
  writePrivate(join(directory, "connect.json"), `${JSON.stringify(connect)}\n`);
}

export function removeConnect(directory: string): void {
  rmSync(join(directory, "connect.json"), { force: true });
}

/** Whole or not at all: a reader never sees half a file. */
function writePrivate(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}
