/** `scontrol reboot [ASAP] [nextstate=RESUME|DOWN] [reason=TEXT] NODES` and `cancel_reboot NODES`: one request a node. */
import type { NodeUpdate } from "../../model/node-update.ts";
import type { ControllerClient } from "../controller-client.ts";
import { type Failure, loadFailure, plainFailure } from "../failure.ts";
import { namesOf } from "./update.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The failure where nodes could not be asked to. `words` are those behind the keyword. */
export const reboot = async (
  words: readonly string[],
  client: ControllerClient,
): Promise<Failure | undefined> => {
  const change: Mutable<NodeUpdate> = { state: "REBOOT" };
  let nodes = "";
  for (const word of words) {
    const [key, value] = [word.split("=")[0]!.toLowerCase(), word.slice(word.indexOf("=") + 1)];
    if (word.toLowerCase() === "asap") change.asap = true;
    else if (key === "nextstate" && word.includes("=")) {
      const next = value.toUpperCase();
      if (next !== "RESUME" && next !== "DOWN")
        return plainFailure(`Invalid state: ${value}\n Valid states: DOWN, RESUME\n`);
      change.nextState = next;
    } else if (key === "reason" && word.includes("=")) change.reason = value;
    else if (nodes !== "") return plainFailure(`too many arguments for keyword:reboot\n`);
    else nodes = word;
  }
  return onNodes(nodes, change, client);
};

export const cancelReboot = async (
  words: readonly string[],
  client: ControllerClient,
): Promise<Failure | undefined> => onNodes(words[0] ?? "", { state: "CANCEL_REBOOT" }, client);

const onNodes = async (
  nodes: string,
  change: NodeUpdate,
  client: ControllerClient,
): Promise<Failure | undefined> => {
  if (nodes === "") return plainFailure("Missing node list. Specify ALL|<NodeList>\n");
  const names = await namesOf(nodes, client, "scontrol_reboot_nodes error");
  if (!Array.isArray(names)) return names;
  for (const name of names) {
    const answer = await client.updateNode(name, change);
    if (!answer.ok) return loadFailure("scontrol_reboot_nodes error", answer.refusal);
  }
  return undefined;
};
