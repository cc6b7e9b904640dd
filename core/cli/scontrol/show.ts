/** `scontrol show`: records of jobs, nodes and partitions, the settings, and lists of hosts. Each verb asks and prints. */
import { readFileSync } from "node:fs";
import { compareHostNames, compressHostlist, compressSorted, expandHostlist } from "../../model/hostlist.ts";
import { ok } from "../../model/refusal.ts";
import type { ControllerClient } from "../controller-client.ts";
import { type Failure, failure, loadFailure, notSupported, plainFailure } from "../failure.ts";
import type { Invocation } from "../invocation.ts";
import { newestFirst } from "../job-order.ts";
import { timePrinter } from "../time-format.ts";
import { configTable } from "./config-table.ts";
import { jobRecord, type RecordContext } from "./job-record.ts";
import { isRef } from "./job-verbs.ts";
import { nodeRecord } from "./node-record.ts";
import { isKeyword, type ScontrolRequest } from "./options.ts";
import { partitionRecord } from "./partition-record.ts";
import { pingText } from "./ping.ts";
import { showReservations } from "./reservation.ts";
import { showSteps } from "./step-record.ts";

export interface Shown {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

const printed = (out: string): Shown => ({ out, err: "", status: 0 });
const failed = ({ text, status }: Failure, out = ""): Shown => ({ out, err: text, status });

/** Runs `show ENTITY [ID]`; `ENTITY=ID` is the same. */
export const show = async (
  invocation: Invocation,
  request: ScontrolRequest,
  client: ControllerClient,
): Promise<Shown> => {
  const [, first, ...rest] = request.words;
  if (first === undefined) return failed(plainFailure("too few arguments for keyword:show\n"));
  if (rest.length > 1) return failed(plainFailure("too many arguments for keyword:show\n"));
  const equals = first.indexOf("=");
  const entity = equals < 0 ? first : first.slice(0, equals);
  const id = equals < 0 ? rest[0] : first.slice(equals + 1);
  const context: RecordContext = {
    nowS: invocation.nowS(),
    time: timePrinter(invocation.env),
    oneLine: request.oneLine,
    details: request.details,
  };
  if (isKeyword(entity, "jobs", 1) || isKeyword(entity, "jobid", 1)) return showJobs(id, context, client);
  if (isKeyword(entity, "nodes", 1)) return showNodes(id, context, client);
  if (isKeyword(entity, "partitions", 1)) return showPartitions(id, context, client);
  if (isKeyword(entity, "config", 1)) return showConfig(context, client);
  if (isKeyword(entity, "hostnames", 5)) return showHosts("names", id, invocation);
  if (isKeyword(entity, "hostlist", 5)) return showHosts("list", id, invocation);
  if (isKeyword(entity, "hostlistsorted", 9)) return showHosts("sorted", id, invocation);
  if (isKeyword(entity, "reservationname", 1) || isKeyword(entity, "reservations", 1))
    return showReservations(id, context, client);
  if (isKeyword(entity, "steps", 2)) return showSteps(id, context, client);
  // There are none, and that is what Slurm says of none.
  if (isKeyword(entity, "licenses", 2)) return printed("No licenses configured in Slurm.\n");
  if (OTHER_ENTITIES.includes(entity.toLowerCase()))
    return failed(notSupported(invocation.command, `show ${entity}`));
  return failed(plainFailure(`invalid entity:${entity} for keyword:show \n`));
};

const OTHER_ENTITIES = [
  ...["aliases", "assoc_mgr", "bbstat", "burstbuffer", "daemons", "dwstat", "federation", "frontend"],
  ...["slurmd", "topology", "topo"],
];

const showJobs = async (
  id: string | undefined,
  context: RecordContext,
  client: ControllerClient,
): Promise<Shown> => {
  if (id !== undefined && id !== "" && !isRef(id))
    return failed(plainFailure("scontrol_print_job error: Invalid job id specified\n"));
  const whole = id === undefined || id === "";
  const answer = whole ? await client.jobs({ ended: true }) : await client.job(id);
  if (!answer.ok) return failed(loadFailure("slurm_load_jobs error", answer.refusal));
  if (answer.value.length === 0) return printed("No jobs in the system\n");
  const jobs = whole ? answer.value : newestFirst(answer.value);
  return printed(jobs.map((job) => jobRecord(job, context)).join(""));
};

const showNodes = async (
  id: string | undefined,
  context: RecordContext,
  client: ControllerClient,
): Promise<Shown> => {
  const answer = await client.nodes();
  if (!answer.ok) return failed(loadFailure("slurm_load_node error", answer.refusal));
  if (id === undefined || id === "" || id.toUpperCase() === "ALL") {
    if (answer.value.length === 0) return printed("No nodes in the system\n");
    // The controller has them in the order of their first registration.
    const nodes = [...answer.value].sort((a, b) => compareHostNames(a.name, b.name));
    return printed(nodes.map((node) => nodeRecord(node, context)).join(""));
  }
  const names = expandHostlist(id);
  const byName = new Map(answer.value.map((node) => [node.name, node]));
  let out = "";
  let status = 0;
  for (const name of names.ok ? names.value : [id]) {
    const node = byName.get(name);
    if (node !== undefined) out += nodeRecord(node, context);
    else {
      out += `Node ${name} not found\n`;
      status = 1;
    }
  }
  return { out, err: "", status };
};

const showPartitions = async (
  id: string | undefined,
  context: RecordContext,
  client: ControllerClient,
): Promise<Shown> => {
  const answer = await client.partitions();
  if (!answer.ok) return failed(loadFailure("slurm_load_partitions error", answer.refusal));
  if (id === undefined || id === "") {
    if (answer.value.length === 0) return printed("No partitions in the system\n");
    return printed(answer.value.map((partition) => partitionRecord(partition, context)).join(""));
  }
  let out = "";
  let status = 0;
  for (const name of id.split(",")) {
    const partition = answer.value.find((one) => one.name === name);
    if (partition !== undefined) out += partitionRecord(partition, context);
    else {
      out += `Partition ${name} not found\n`;
      status = 1;
    }
  }
  return { out, err: "", status };
};

const showConfig = async ({ nowS, time }: RecordContext, client: ControllerClient): Promise<Shown> => {
  const answer = await client.cluster();
  if (!answer.ok) return failed(loadFailure("slurm_load_ctl_conf error", answer.refusal));
  return printed(configTable(answer.value, nowS, time) + pingText(ok(answer.value), "").out);
};

const showHosts = (
  form: "names" | "list" | "sorted",
  id: string | undefined,
  { command, env }: Invocation,
): Shown => {
  const said = id ?? env["SLURM_JOB_NODELIST"] ?? env["SLURM_NODELIST"] ?? "";
  const text = readHosts(said);
  if (text === "") {
    if (form !== "names") return failed(plainFailure("invalid encode argument\n"));
    return { out: "", err: `${command}: error: host list is empty\n`, status: 0 };
  }
  const names = expandHostlist(text);
  if (!names.ok) return failed(failure(command, names.message, 1));
  if (form === "names") return printed(names.value.map((name) => `${name}\n`).join(""));
  return printed(`${form === "list" ? compressHostlist(names.value) : compressSorted(names.value)}\n`);
};

/** An absolute path names a file of host names. */
const readHosts = (said: string): string => {
  if (!said.startsWith("/")) return said.trim();
  try {
    return readFileSync(said, "utf8")
      .split(/\s+/)
      .filter((name) => name !== "")
      .join(",");
  } catch {
    return "";
  }
};
