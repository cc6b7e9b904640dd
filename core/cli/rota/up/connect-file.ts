/**
 * `connect.json` in the state directory: where the controller listens and which file has its token. The controller
 * writes it once it listens and deletes it when it ends; this reads it.
 */
import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { CONNECT_FILE } from "../../connection.ts";

export interface Connection {
  /** `http://127.0.0.1:6820`. */
  readonly url: string;
  readonly tokenFile: string;
}

const MAX_BYTES = 65_536;

/** Undefined where there is none, or half of one. */
export function readConnection(stateDir: string): Connection | undefined {
  const path = join(stateDir, CONNECT_FILE);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size > MAX_BYTES) return undefined;
  try {
    const { url, tokenFile } = JSON.parse(readFileSync(path, "utf8")) as Partial<Connection>;
    if (typeof url !== "string" || typeof tokenFile !== "string") return undefined;
    return { url, tokenFile: isAbsolute(tokenFile) ? tokenFile : join(stateDir, tokenFile) };
  } catch {
    return undefined;
  }
}
