/**
 * `rota demo`: a controller and four agents on this machine, a handful of real batch scripts submitted with the real
 * commands, and a check of everything that became of them. Ends all that it started, in every case; leaves its folder
 * only when something failed or when told to.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isEnded } from "../../../model/job.ts";
import { refuse } from "../../../model/refusal.ts";
import type { HistoryView, JobView } from "../../../model/views.ts";
import type { ControllerClient } from "../../controller-client.ts";
import { type CommandContext, EXIT_FAILED, EXIT_OK, fail } from "../context.ts";
import { commandFolder } from "../program-file.ts";
import { clientOf, registeredNodes } from "../up/registered-nodes.ts";
import { type AgentPlan, type RunningCluster, startCluster } from "../up/running-cluster.ts";
import { type Check, checkDemo, type DemoOutcome, outputFiles } from "./demo-checks.ts";
import { DEMO_SUBMISSIONS, type DemoJob } from "./demo-jobs.ts";
import { type DemoPlace, makeDemoPlace } from "./demo-place.ts";
import { demoShell, type Shell } from "./demo-shell.ts";

const AGENTS: readonly AgentPlan[] = [1, 2, 3, 4].map((n) => ({
  name: `n${n}`,
  cpus: "4",
  memory: "4000M",
  gres: "gpu:tesla:2",
}));
/** For the jobs, from the last submission on; they take some six seconds. */
const JOBS_TIMEOUT_MS = 40_000;
const CANCEL_TIMEOUT_MS = 5_000;
const SECOND_LOOK_MS = 2_500;
const POLL_MS = 100;
const SHOWN_LINES = 4;

/** Why the demo went no further; its message has been made for the reader. */
class DemoStopped extends Error {}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Resolves with 0 when everything is as it must be, with 1 after naming what is not. */
export async function runDemo(
  context: CommandContext,
  options: { readonly keep?: boolean },
): Promise<number> {
  const folder = commandFolder();
  if (folder === undefined) {
    const message = "the commands are not built; run `npm run build` first";
    return fail(context, refuse("CONFIG_UNREADABLE", message).refusal);
  }
  const place = makeDemoPlace();
  const interruption = new AbortController();
  const onSignal = (signal: string): void => interruption.abort(new DemoStopped(`ended by ${signal}`));
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const show = new DemoScreen(context, interruption.signal);
  let cluster: RunningCluster | undefined;
  let isGood = false;
  try {
    cluster = await startFour(place, show);
    const shell = demoShell(folder, place.workDir, place.stateDir, context.env);
    const jobs = runJobs(cluster, place, shell, show, interruption.signal);
    isGood = show.checks(await Promise.race([jobs, rejectionOf(interruption.signal)]));
  } catch (error) {
    if (!(error instanceof DemoStopped)) throw error;
    context.err(`rota demo: ${error.message}\n`);
  } finally {
    if (cluster !== undefined) await endAll(cluster, place);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    if (options.keep !== true && (isGood || interruption.signal.aborted)) place.remove();
    else context.err(`rota demo: scripts, outputs and logs are kept in ${place.root}\n`);
  }
  return isGood ? EXIT_OK : EXIT_FAILED;
}

/** Rejects when the signal is given, with its reason. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

async function startFour(place: DemoPlace, show: DemoScreen): Promise<RunningCluster> {
  show.title("A controller and four agents, each with 4 CPUs, 4000M and two GPUs");
  const cluster = await startCluster({
    stateDir: place.stateDir,
    port: 0,
    agents: AGENTS,
    verbose: false,
    onDeath: ({ name, how }) => show.line(`${name} ended (${how})`),
  });
  if (!cluster.ok) throw new DemoStopped(cluster.refusal.message);
  const names = AGENTS.map(({ name }) => name);
  const ready = await registeredNodes(clientOf(cluster.value.connection), names);
  if (ready.length < names.length) {
    await cluster.value.stop();
    throw new DemoStopped(`only ${ready.length} of ${names.length} agents have registered`);
  }
  return cluster.value;
}

async function runJobs(
  cluster: RunningCluster,
  place: DemoPlace,
  shell: Shell,
  show: DemoScreen,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const client = clientOf(cluster.connection);
  show.text(await succeed(shell, "sinfo", []));
  const ids = await submitAll(shell, show);
  const queued = await jobsOf(client);
  show.title("The queue while they run: squeue");
  show.text(await succeed(shell, "squeue", []));
  await sleep(SECOND_LOOK_MS, undefined, { signal });
  show.title("And a little later");
  show.text(await succeed(shell, "squeue", []));
  await allEnded(client);
  show.title("What became of them: rota history");
  show.text(await succeed(shell, "rota", ["history"]));
  const outcome: DemoOutcome = {
    ids,
    queued,
    history: await historyOf(client),
    file: (name) => place.file(name),
    workDir: place.workDir,
  };
  show.title("Their output files");
  for (const name of outputFiles(ids)) show.file(name, place.file(name));
  return checkDemo(outcome);
}

async function submitAll(shell: Shell, show: DemoScreen): Promise<Record<DemoJob, string>> {
  show.title("Seven batch scripts");
  const ids: Partial<Record<DemoJob, string>> = {};
  for (const { job, about, command, args } of DEMO_SUBMISSIONS) {
    const words = args((before) => ids[before] ?? "");
    const said = await succeed(shell, command, words);
    const id = /(\d+)\s*$/.exec(said.trim())?.[1];
    if (id === undefined) throw new DemoStopped(`${command} ${words.join(" ")} gave no job id: ${said}`);
    ids[job] = id;
    show.command([command, ...words].join(" "), `${said.trim()}   (${about})`);
  }
  return ids as Record<DemoJob, string>;
}

async function succeed(shell: Shell, command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await shell(command, args);
  if (code === 0) return stdout;
  throw new DemoStopped(`${[command, ...args].join(" ")} ended with ${code}: ${stderr.trim()}`);
}

async function jobsOf(client: ControllerClient): Promise<readonly JobView[]> {
  const jobs = await client.jobs({ ended: true });
  if (!jobs.ok) throw new DemoStopped(jobs.refusal.message);
  return jobs.value;
}

async function historyOf(client: ControllerClient): Promise<readonly HistoryView[]> {
  const answer = await client.ask<{ history: readonly HistoryView[] }>("GET", "/v1/history");
  if (!answer.ok) throw new DemoStopped(answer.refusal.message);
  return answer.value.history;
}

async function allEnded(client: ControllerClient): Promise<void> {
  const deadline = performance.now() + JOBS_TIMEOUT_MS;
  for (;;) {
    const active = (await jobsOf(client)).filter((job) => !isEnded(job.state));
    if (active.length === 0) return;
    if (performance.now() > deadline) {
      const left = active.map((job) => `${job.displayId} (${job.name}) ${job.state} ${job.reason}`);
      throw new DemoStopped(`not ended after ${JOBS_TIMEOUT_MS / 1000} s: ${left.join(", ")}`);
    }
    await sleep(POLL_MS);
  }
}

/** Cancels what still runs, ends controller and agents, and kills what could be left. */
async function endAll(cluster: RunningCluster, place: DemoPlace): Promise<void> {
  const client = clientOf(cluster.connection);
  const deadline = performance.now() + CANCEL_TIMEOUT_MS;
  for (let asked = false; performance.now() < deadline; asked = true) {
    const jobs = await client.jobs({});
    const active = jobs.ok ? jobs.value.filter((job) => !isEnded(job.state)) : [];
    if (active.length === 0) break;
    if (!asked) for (const job of active) await client.cancel(String(job.jobId), {});
    await sleep(POLL_MS);
  }
  await cluster.stop();
  place.endLeftovers();
}

/** What the demo prints, until it is interrupted: what was under way by then is of no interest. */
class DemoScreen {
  readonly #context: CommandContext;
  readonly #signal: AbortSignal;

  constructor(context: CommandContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  title(text: string): void {
    this.line(`\n${this.#context.terminal.colours.bold(text)}`);
  }

  line(text: string): void {
    this.text(`${text}\n`);
  }

  text(text: string): void {
    if (!this.#signal.aborted) this.#context.out(text);
  }

  command(words: string, answer: string): void {
    this.line(`$ ${words}\n  ${answer}`);
  }

  /** Name and first lines of an output file. */
  file(name: string, text: string | undefined): void {
    const lines = (text === "" ? "(empty)" : (text ?? "(is not there)")).trimEnd().split("\n");
    const more = lines.length > SHOWN_LINES ? [`... ${lines.length - SHOWN_LINES} more lines`] : [];
    this.line(`${this.#context.terminal.colours.dim(`${name}:`)}`);
    for (const line of [...lines.slice(0, SHOWN_LINES), ...more]) this.line(`  ${line}`);
  }

  /** Prints each check, and whether all hold. */
  checks(checks: readonly Check[]): boolean {
    const { colours } = this.#context.terminal;
    this.title("Checks");
    for (const { what, problem } of checks) {
      if (problem === undefined) this.line(`  ${colours.green("ok")}    ${what}`);
      else this.line(`  ${colours.red("wrong")} ${what}; found: ${problem}`);
    }
    const wrong = checks.filter(({ problem }) => problem !== undefined);
    if (wrong.length === 0) this.line(`\n${checks.length} checks, all hold.`);
    else
      this.#context.err(
        `rota demo: ${wrong.length} of ${checks.length} checks failed: ${wrong.map(({ what }) => what).join("; ")}\n`,
      );
    return wrong.length === 0;
  }
}
