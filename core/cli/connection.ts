/**
 * Where the controller is and the token that it wants: from the environment, or from the file that a controller
 * writes into its state directory. Read once by each command; nothing is sent.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ok, type Result, refuse } from "../model/refusal.ts";

export interface Connection {
  /** `http://127.0.0.1:6820` */
  readonly url: string;
  readonly token: string;
}

/** State directory of a controller that the machine's administrator runs. */
export const SYSTEM_STATE_DIR = "/var/lib/rota";
export const CONNECT_FILE = "connect.json";

/**
 * `ROTA_URL` with `ROTA_TOKEN` or `ROTA_TOKEN_FILE`; else the file of `ROTA_STATE_DIR`, and of no other where that is
 * set; else the user's own controller, then the machine's. CONTROLLER_UNREACHABLE where there is none, UNAUTHORIZED
 * where its token cannot be read.
 */
export const findConnection = (env: Readonly<Record<string, string | undefined>>): Result<Connection> => {
  const url = env["ROTA_URL"];
  if (url !== undefined && url !== "") {
    const token = env["ROTA_TOKEN"];
    if (token !== undefined && token !== "") return ok({ url, token });
    const tokenFile = env["ROTA_TOKEN_FILE"];
    if (tokenFile !== undefined && tokenFile !== "") return withTokenOf(url, tokenFile);
    return refuse("UNAUTHORIZED", "ROTA_URL is set; set ROTA_TOKEN or ROTA_TOKEN_FILE as well");
  }
  for (const directory of stateDirs(env)) {
    const text = readText(join(directory, CONNECT_FILE));
    if (text !== undefined) return ofFile(text, directory);
  }
  return refuse(
    "CONTROLLER_UNREACHABLE",
    "no controller is known; start one with `rota up`, or set ROTA_URL",
  );
};

const stateDirs = (env: Readonly<Record<string, string | undefined>>): readonly string[] => {
  const named = env["ROTA_STATE_DIR"];
  if (named !== undefined && named !== "") return [named];
  const home = env["HOME"];
  const own = home === undefined || home === "" ? [] : [join(home, ".local/state/rota")];
  return [...own, SYSTEM_STATE_DIR];
};

const ofFile = (text: string, directory: string): Result<Connection> => {
  let said: { url?: unknown; tokenFile?: unknown };
  try {
    said = JSON.parse(text) as { url?: unknown; tokenFile?: unknown };
  } catch {
    said = {};
  }
  if (typeof said?.url !== "string" || typeof said.tokenFile !== "string") {
    const path = join(directory, CONNECT_FILE);
    return refuse("CONTROLLER_UNREACHABLE", `${path} does not say where the controller is; start it again`);
  }
  return withTokenOf(said.url, said.tokenFile);
};

const withTokenOf = (url: string, tokenFile: string): Result<Connection> => {
  const token = readText(tokenFile)?.trim();
  return token === undefined || token === ""
    ? refuse("UNAUTHORIZED", `the token file ${tokenFile} cannot be read`)
    : ok({ url, token });
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};
