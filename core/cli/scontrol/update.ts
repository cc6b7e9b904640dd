/** `scontrol update`: changes of jobs and nodes, one request for each of them. */
import { expandHostlist } from "../../model/hostlist.ts";
import { UNLIMITED_S } from "../../model/time.ts";
import type { JobUpdate } from "../../model/views.ts";
import type { ControllerClient } from "../controller-client.ts";
import { type Failure, failure, loadFailure, plainFailure } from "../failure.ts";
import type { Invocation } from "../invocation.ts";
import { policyLines, slurmSentence } from "../slurm-sentence.ts";
import { isRef } from "./job-verbs.ts";
import { type JobTerms, readJobTerms, readNodeTerms } from "./update-terms.ts";

const INVALID_ID = "Invalid job id specified";
const MINUTE_S = 60;

/** The failure where the change could not be made, or not of all. `words` are those behind `update`. */
export const update = async (
  invocation: Invocation,
  words: readonly string[],
  client: ControllerClient,
): Promise<Failure | undefined> => {
  if (words.length === 0) return plainFailure("too few arguments for update keyword\n");
  const names = words.map((word) => word.split("=")[0]!.toLowerCase());
  if (names.includes("jobid") || names.includes("job")) {
    const terms = readJobTerms(words, invocation.nowS());
    return terms.ok ? updateJobs(terms.value, client) : terms;
  }
  if (names.includes("nodename") || names.includes("nodenames")) {
    const terms = readNodeTerms(words);
    return terms.ok ? updateNodes(terms.value, client) : terms;
  }
  const other = ["partitionname", "slurmctlddebug", "stepid"];
  const named = other.find((name) => names.includes(name));
  if (named !== undefined)
    return failure(invocation.command, `update ${named} is not supported by this version of Rota`);
  return plainFailure(
    "No valid entity in update command\n" +
      'Input line must include "NodeName", "PartitionName", "Reservation", "JobId", or "SlurmctldDebug"\n',
  );
};

const updateJobs = async (terms: JobTerms, client: ControllerClient): Promise<Failure | undefined> => {
  let text = "";
  for (const id of terms.ids) {
    const problem = isRef(id) ? await updateJob(id, terms, client) : INVALID_ID;
    if (problem !== undefined) text += `${problem} for job ${id}\n`;
  }
  if (terms.ids.length === 0) return plainFailure(`${INVALID_ID} for job \n`);
  return text === "" ? undefined : plainFailure(text);
};

const updateJob = async (
  ref: string,
  { change, addTimeS }: JobTerms,
  client: ControllerClient,
): Promise<string | undefined> => {
  let full: JobUpdate = change;
  if (addTimeS !== undefined) {
    const jobs = await client.job(ref);
    if (!jobs.ok) return slurmSentence(jobs.refusal);
    const limitS = jobs.value[0]?.timeLimitS ?? 0;
    if (limitS === UNLIMITED_S) return "Requested time limit is invalid (missing or exceeds some limit)";
    full = { ...change, timeLimitS: Math.max(MINUTE_S, limitS + addTimeS) };
  }
  const answer = await client.update(ref, full);
  if (answer.ok) return undefined;
  const said = policyLines("scontrol", answer.refusal);
  if (said !== "") return `${said}${slurmSentence(answer.refusal)}`;
  return answer.refusal.code === "JOB_ENDED" ? "Job has already finished" : slurmSentence(answer.refusal);
};

const updateNodes = async (
  {
    nodes,
    change,
  }: { readonly nodes: string; readonly change: Parameters<ControllerClient["updateNode"]>[1] },
  client: ControllerClient,
): Promise<Failure | undefined> => {
  const names = await namesOf(nodes, client);
  if (!Array.isArray(names)) return names;
  for (const name of names) {
    const answer = await client.updateNode(name, change);
    if (!answer.ok) return loadFailure("slurm_update error", answer.refusal);
  }
  return undefined;
};

/** Names of a hostlist, or of all nodes for ALL; `what` is what the failure begins with. */
export const namesOf = async (
  nodes: string,
  client: ControllerClient,
  what = "slurm_update error",
): Promise<string[] | Failure> => {
  if (nodes.toUpperCase() === "ALL") {
    const all = await client.nodes();
    return all.ok ? all.value.map(({ name }) => name) : loadFailure("slurm_load_node error", all.refusal);
  }
  const names = expandHostlist(nodes);
  return names.ok && names.value.length > 0
    ? names.value
    : plainFailure(`${what}: Invalid node name specified\n`);
};
