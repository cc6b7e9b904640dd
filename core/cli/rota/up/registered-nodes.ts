/** Waits until agents that were started have registered. */
import { setTimeout as sleep } from "node:timers/promises";
import { ControllerClient } from "../../controller-client.ts";
import type { Connection } from "./connect-file.ts";

/** Agents register within milliseconds; where they do not, their logs say why, and they go on trying. */
const TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** Those of the wanted nodes that answer, once all do or the time is over. */
export async function registeredNodes(
  client: ControllerClient,
  wanted: readonly string[],
  timeoutMs = TIMEOUT_MS,
): Promise<readonly string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const nodes = await client.nodes();
    const ready = nodes.ok
      ? wanted.filter((name) => nodes.value.some((node) => node.name === name && node.responding))
      : [];
    if (ready.length === wanted.length || performance.now() > deadline) return ready;
    await sleep(POLL_MS);
  }
}

/** A client of this very controller, whatever the environment says. */
export const clientOf = ({ url, tokenFile }: Connection): ControllerClient =>
  new ControllerClient({ ROTA_URL: url, ROTA_TOKEN_FILE: tokenFile });
