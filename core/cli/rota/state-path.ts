/** Where the state directory is when no option says it. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Absolute: the option, `$ROTA_STATE_DIR`, or `~/.local/state/rota`. */
export function statePath(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const named = option ?? environment["ROTA_STATE_DIR"];
  return named === undefined || named === "" ? defaultStatePath() : resolve(named);
}

export const defaultStatePath = (): string => join(homedir(), ".local", "state", "rota");
