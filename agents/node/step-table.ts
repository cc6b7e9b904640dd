/**
 * The job steps of an agent: takes the controller's orders for them, makes their place beside the job's, hands them to
 * the step host and passes on how they ended. Lives as long as the agent; the steps live in the host.
 */
import { join } from "node:path";
import type { DeviceShare } from "../../core/model/job.ts";
import type { DeviceSpec } from "../../core/model/node.ts";
import type {
  ControllerBody,
  EndCause,
  JobRunKey,
  StepEndedReport,
  StepKey,
  StepOrder,
} from "../protocol/frames.ts";
import type { BoundDevices } from "./devices.ts";
import { SIGKILL, tryKill } from "./job-processes.ts";
import type { JobHost } from "./job-run.ts";
import { type FromHost, type HostStep, stepName } from "./step-host/control.ts";
import { HostLine } from "./step-host/host-line.ts";
import { userWords } from "./user-words.ts";

export type StepAgent = Pick<
  JobHost,
  "nodeName" | "programs" | "limiter" | "devices" | "passwd" | "uid" | "log" | "report"
>;

interface KnownStep {
  readonly key: StepKey;
  ended: StepEndedReport | undefined;
}

export class StepTable {
  readonly #agent: StepAgent;
  readonly #line: HostLine;
  readonly #steps = new Map<string, KnownStep>();
  /** Whether a job's script runs on this node, so that its place is not this table's to remove. */
  readonly #hasJob: (job: JobRunKey) => boolean;

  constructor(agent: StepAgent, stateDir: string, hasJob: (job: JobRunKey) => boolean) {
    this.#agent = agent;
    this.#hasJob = hasJob;
    this.#line = new HostLine({
      folder: join(stateDir, "steps"),
      onWord: (word) => this.#hear(word),
      onGone: (why) => this.#hostGone(why),
    });
  }

  /** Takes up the steps that an earlier agent process started. */
  async adopt(): Promise<void> {
    await this.#line.find();
  }

  /** Every step that runs or is not forgotten, for a hello. */
  presences(): StepKey[] {
    return [...this.#steps.values()].map(({ key }) => key);
  }

  /** Names of the runs of jobs that have steps here. */
  jobNames(): string[] {
    return [...this.#steps.values()].map(({ key }) => jobName(key));
  }

  reportAgain(): void {
    for (const { ended } of this.#steps.values()) if (ended !== undefined) this.#report(ended);
  }

  /** Carries out an order; whether it was one for a step. */
  take(order: ControllerBody): boolean {
    switch (order.kind) {
      case "step":
        this.#start(order);
        return true;
      case "step-end": {
        const { cause, graceMs } = order;
        if (this.#steps.has(stepName(order)))
          this.#line.send({ do: "end", step: keyOf(order), cause, graceMs });
        return true;
      }
      case "step-signal":
        if (this.#steps.has(stepName(order)))
          this.#line.send({ do: "signal", step: keyOf(order), signal: order.signal });
        return true;
      case "step-forget":
        if (this.#steps.delete(stepName(order))) this.#line.send({ do: "forget", step: keyOf(order) });
        return true;
      default:
        return false;
    }
  }

  /** The job ends here: so do its steps on this node. */
  endJob(job: JobRunKey, cause: EndCause, graceMs: number): void {
    const name = jobName(job);
    for (const { key, ended } of this.#steps.values())
      if (ended === undefined && jobName(key) === name)
        this.#line.send({ do: "end", step: key, cause, graceMs });
  }

  /** Sends a signal to the processes of the job's steps on this node. */
  signalJob(job: JobRunKey, signal: number): void {
    const name = jobName(job);
    for (const { key, ended } of this.#steps.values())
      if (ended === undefined && jobName(key) === name) this.#line.send({ do: "signal", step: key, signal });
  }

  detach(): void {
    this.#line.close();
  }

  #start(order: StepOrder & { readonly kind: "step" }): void {
    const name = stepName(order);
    const known = this.#steps.get(name);
    if (known !== undefined) {
      if (known.ended !== undefined) this.#report(known.ended);
      return;
    }
    this.#steps.set(name, { key: keyOf(order), ended: undefined });
    const { kind: _, ...step } = order;
    let prepared: HostStep | string;
    try {
      prepared = this.#prepare(step);
    } catch (error) {
      prepared = error instanceof Error ? error.message : String(error);
    }
    if (typeof prepared === "string") this.#failed(keyOf(order), prepared);
    else this.#line.send({ do: "launch", step: prepared });
  }

  /** Everything that the step host has to know, or why the step cannot run here. */
  #prepare(step: StepOrder): HostStep | string {
    const { limiter, programs, passwd, uid, nodeName } = this.#agent;
    const bound = this.#environments(step);
    if (typeof bound === "string") return bound;
    const account = passwd.byUid(step.uid);
    const asUser = uid !== 0 || step.uid === 0 ? [] : userWords(programs, step, account.known);
    if (asUser === undefined) return "This host has no setpriv and no runuser to become the user.";
    const place = limiter.nest(jobName(step), `step_${step.stepId}`, step);
    return {
      ...step,
      nodeName,
      taskEnvironments: bound,
      passwd: { home: account.home, shell: account.shell },
      joins: place.joins,
      tracked: place.joins.length > 0,
      dataKib: place.dataKib,
      words: place.words,
      asUser,
      oomFile: limiter.oomFile(jobName(step)),
    };
  }

  /** What each task sees of the devices: all of the step's, or those of its own. */
  #environments(step: StepOrder): readonly Readonly<Record<string, string>>[] | string {
    const { devices } = this.#agent;
    const job = { jobId: step.jobId, uid: step.uid };
    const whole = devices.bind(step.jobDevices, job);
    if (!whole.ok) return whole.refusal.message;
    const jobGpus = gpuList(whole.value.devices);
    const each: Record<string, string>[] = [];
    for (const shares of sharesOfTasks(step)) {
      const bound = devices.bind(shares, job);
      if (!bound.ok) return bound.refusal.message;
      each.push(deviceVariables(bound.value, jobGpus));
    }
    return each;
  }

  #failed(key: StepKey, text: string): void {
    const nowMs = Date.now();
    this.#hear({
      say: "ended",
      report: {
        ...key,
        exitCode: 1,
        signal: 0,
        cause: "launch-failed",
        text,
        startedMs: nowMs,
        endedMs: nowMs,
        cpuTimeMs: -1,
        maxRssMib: -1,
      },
    });
  }

  #hear(word: FromHost): void {
    if (word.say === "steps") {
      for (const { step, ended } of word.steps) this.#steps.set(stepName(step), { key: step, ended });
      return;
    }
    const known = this.#steps.get(stepName(word.report));
    if (known === undefined || known.ended !== undefined) return;
    const ended = { ...word.report, ...this.#usage(known.key) };
    known.ended = ended;
    this.#leave(known.key);
    this.#agent.log.info({ step: stepName(known.key), cause: ended.cause, text: ended.text }, "step ended");
    this.#report(ended);
  }

  #usage(key: StepKey): { readonly maxRssMib: number; readonly cpuTimeMs: number } {
    const { maxRssMib, cpuTimeMs } = this.#agent.limiter.usage(`${jobName(key)}/step_${key.stepId}`);
    return { maxRssMib, cpuTimeMs };
  }

  /** Removes the step's place, and the job's where the last step that needed it has gone. */
  #leave(key: StepKey): void {
    const { limiter } = this.#agent;
    const name = jobName(key);
    limiter.release(`${name}/step_${key.stepId}`);
    const isUsed = [...this.#steps.values()].some(
      (step) => step.ended === undefined && jobName(step.key) === name,
    );
    if (!isUsed && !this.#hasJob(key)) limiter.release(name);
  }

  /** Steps end with their host, which held their streams: what is left of them is ended, as far as it is known. */
  #hostGone(why: string): void {
    const running = [...this.#steps.values()].filter(({ ended }) => ended === undefined);
    if (running.length > 0) this.#agent.log.warn({ why, steps: running.length }, "steps are lost");
    for (const { key } of running) {
      const nested = `${jobName(key)}/step_${key.stepId}`;
      for (const pid of this.#agent.limiter.processes(nested) ?? []) tryKill(pid, SIGKILL);
      const nowMs = Date.now();
      const report = { ...key, exitCode: 1, signal: 0, cause: "lost", text: why } as const;
      this.#hear({
        say: "ended",
        report: { ...report, startedMs: nowMs, endedMs: nowMs, cpuTimeMs: -1, maxRssMib: -1 },
      });
    }
  }

  #report(ended: StepEndedReport): void {
    this.#agent.report({ kind: "step-ended", ...ended });
  }
}

const keyOf = ({ jobId, restarts, stepId }: StepKey): StepKey => ({ jobId, restarts, stepId });
const jobName = ({ jobId, restarts }: JobRunKey): string => `${jobId}.${restarts}`;

/** One list for all tasks, or one for each. Tasks beyond the devices see none. */
const sharesOfTasks = ({
  devices,
  devicesPerTask,
  tasks,
}: StepOrder): readonly (readonly DeviceShare[])[] => {
  if (devicesPerTask === 0) return [devices];
  return tasks.map((_, local) => devices.slice(local * devicesPerTask, (local + 1) * devicesPerTask));
};

const deviceVariables = ({ devices, environment }: BoundDevices, jobGpus: string): Record<string, string> => {
  const gpus = gpuList(devices);
  return {
    ...(jobGpus === "" ? {} : { SLURM_JOB_GPUS: jobGpus }),
    ...(gpus === "" ? {} : { SLURM_STEP_GPUS: gpus, SLURM_GPUS_ON_NODE: `${gpus.split(",").length}` }),
    ...environment,
  };
};

const gpuList = (devices: readonly DeviceSpec[]): string =>
  devices
    .filter(({ name }) => name === "gpu")
    .map(({ vendorIndex }) => vendorIndex)
    .sort((a, b) => a - b)
    .join(",");
