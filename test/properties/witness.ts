/**
 * An independent account of a cluster, kept from the events alone: what each node's jobs hold, where each job is in its
 * life, how many tasks of an array run. Throws at the first event that gives something twice, splits a gang, starts what
 * may not start, or loses a job. Knows nothing of tables, plans and shapes.
 */
import type { Allocation } from "../../core/model/job.ts";
import type { PartitionSpec } from "../../core/model/partition.ts";
import { NO_PREEMPTION } from "../../core/model/preemption.ts";
import { ALL, type Request } from "../../core/model/request.ts";
import type { ReservationSpec } from "../../core/model/reservation.ts";
import type { ArraySpecEvent } from "../../core/state/array-life.ts";
import type { Event, SubmittedFields } from "../../core/state/events.ts";
import { assert } from "./assert.ts";
import type { Life, NodeBook } from "./life.ts";
import { LIMITS } from "./plans.ts";
import { ReservationBook } from "./reservation-book.ts";

export class Witness {
  readonly nodes: NodeBook[] = [];
  readonly lives = new Map<number, Life>();
  readonly licences = new Map<string, number>();
  partitions: readonly PartitionSpec[] = [];
  hasLimits = false;
  preemption = NO_PREEMPTION;
  nowS = 0;
  /** Tasks of each array that run. */
  readonly #running = new Map<number, number>();
  submitted = 0;
  readonly reservations = new ReservationBook();
  /** Ids of leaders of heterogeneous jobs. */
  readonly hets = new Map<number, number>();
  /** Jobs that others were ended for and that have not started yet; and the nodes that they claim. */
  readonly claims = new Map<number, Extract<Event, { type: "job.preempting" }>>();

  apply(event: Event): void {
    this.passAt(event.atS);
    switch (event.type) {
      case "cluster.configured":
        this.partitions = event.partitions;
        this.hasLimits = event.accounts !== undefined;
        this.preemption = event.preemption ?? NO_PREEMPTION;
        for (const { name, total } of event.licences ?? []) this.licences.set(name, total);
        return;
      case "node.registered": {
        const known = this.nodes.findIndex(({ spec }) => spec.name === event.spec.name);
        this.nodes[known < 0 ? this.nodes.length : known] = {
          spec: event.spec,
          isUp: true,
          down: false,
          drain: false,
          freeCpus: event.spec.cpus,
          freeMemMib: event.spec.memoryMib,
          jobs: 0,
          lanes: event.spec.devices.map(() => 0),
        };
        return;
      }
      case "node.changed": {
        const node = this.nodes[event.node]!;
        node.down = event.down ?? node.down;
        node.drain = event.drain ?? node.drain;
        node.isUp = !node.down && !node.drain;
        return;
      }
      case "job.submitted":
        this.#submit(event.jobId, event.job, event.array, undefined);
        return;
      case "het.submitted":
        this.hets.set(event.jobId, event.jobs.length);
        event.jobs.forEach((job, i) => {
          this.#submit(event.jobId + i, job, undefined, { leader: event.jobId, size: event.jobs.length });
        });
        return;
      case "reservation.created":
      case "reservation.changed":
      case "reservation.rolled":
      case "reservation.deleted": {
        const gone = this.reservations.apply(event);
        if (gone !== undefined) this.#lose(gone);
        return;
      }
      case "job.preempting":
        this.claims.set(event.jobId, event);
        return;
      case "job.ending":
        this.life(event.jobId).isEnding = true;
        return;
      case "task.split":
        this.#split(event.jobId, event.newJobId);
        return;
      case "job.updated": {
        const life = this.life(event.jobId);
        const { timeLimitS, held, partitions } = event.change;
        if (timeLimitS !== undefined) life.timeLimitS = timeLimitS;
        if (held !== undefined) life.held = held !== "";
        if (partitions !== undefined) life.partitions = partitions;
        this.claims.delete(event.jobId);
        return;
      }
      case "job.started":
        this.#start(event);
        return;
      case "job.ended":
        this.#end(event.jobId, event.state === "COMPLETED");
        return;
      case "job.requeued":
        this.#requeue(event);
        return;
      default:
        throw new Error(`a history has no ${event.type}`);
    }
  }

  life(id: number): Life {
    const life = this.lives.get(id);
    assert(life !== undefined, `there is no job ${id}`);
    return life;
  }

  /** The limit that is exceeded by what runs and so many CPUs and jobs more of the owner of this job; undefined for none. */
  overLimit(life: Life, moreCpus: number, moreJobs: number): string | undefined {
    if (!this.hasLimits) return undefined;
    const running = [...this.lives.values()].filter(({ state }) => state === "running");
    const inAccount = running.filter(({ account }) => account === life.account);
    const inQos = running.filter(({ qos, user }) => qos === life.qos && user === life.user);
    const own = moreCpus + (life.state === "running" ? cpusOf([life]) : 0);
    if (life.account === "physics") {
      if (cpusOf(inAccount) + moreCpus > LIMITS.physicsCpus) return "CPUs of physics";
      if (inAccount.length + moreJobs > LIMITS.physicsJobs) return "jobs of physics";
    } else if (own > LIMITS.biologyCpusPerJob) return "CPUs of a job of biology";
    if (life.qos !== "thin") return undefined;
    if (cpusOf(inQos) + moreCpus > LIMITS.thinCpusPerUser) return "CPUs of a user in thin";
    return inQos.length + moreJobs > LIMITS.thinJobsPerUser ? "jobs of a user in thin" : undefined;
  }

  /** The clock goes on to that second. */
  passAt(nowS: number): void {
    assert(nowS >= this.nowS, `the clock goes back from ${this.nowS} to ${nowS}`);
    this.nowS = nowS;
  }

  /** Whether nothing of its own keeps it back: a hold, a begin time, what it depends on. */
  mayRun(life: Life): boolean {
    return life.state === "waiting" && !life.held && life.beginS <= this.nowS && this.#isReleased(life);
  }

  /** Whether its array lets one more of its tasks run. */
  hasTurn({ array }: Life): boolean {
    return array === undefined || array.throttle === 0 || (this.#running.get(array.id) ?? 0) < array.throttle;
  }

  /** Whether those that start together are all waiting, or none is; and started at one moment. */
  checkHets(): void {
    for (const [leader, size] of this.hets) {
      const lives = Array.from({ length: size }, (_, i) => this.life(leader + i));
      const waiting = lives.filter(({ state }) => state === "waiting").length;
      assert(waiting === 0 || waiting === size, `${waiting} of ${size} components of job ${leader} wait`);
      const starts = new Set(lives.map(({ startS }) => startS));
      assert(waiting > 0 || starts.size === 1, `components of job ${leader} start at ${[...starts]}`);
    }
  }

  /** Nobody waits for a reservation that is gone: its jobs are held, unless it says otherwise. */
  #lose({ name, flags }: ReservationSpec): void {
    for (const life of this.lives.values()) {
      if (life.reservation !== name) continue;
      life.reservation = "";
      if (life.state === "waiting" && !flags.includes("NO_HOLD_JOBS_AFTER_END")) life.held = true;
    }
  }

  #submit(id: number, job: SubmittedFields, array: ArraySpecEvent | undefined, het: Life["het"]): void {
    assert(!this.lives.has(id), `job ${id} is submitted twice`);
    const { request, timeLimitS, partitions, held, beginS, dependency, spec } = job;
    this.submitted += array?.tasks.length ?? 1;
    this.lives.set(id, {
      id,
      request,
      timeLimitS,
      partitions,
      state: "waiting",
      held: held !== "",
      beginS,
      startS: 0,
      allocation: undefined,
      waiting: array?.tasks.length ?? 1,
      array: array === undefined ? undefined : { id, throttle: array.throttle },
      dependency,
      user: spec.user,
      account: job.account,
      qos: job.qos,
      endedWell: false,
      reservation: job.reservation ?? "",
      timeMinS: spec.timeMinS ?? Number.POSITIVE_INFINITY,
      deadlineS: spec.deadlineS ?? Number.POSITIVE_INFINITY,
      het,
      partition: "",
      runLimitS: 0,
      isEnding: false,
    });
  }

  #split(from: number, to: number): void {
    const rest = this.life(from);
    assert(rest.state === "waiting" && rest.array !== undefined, `job ${from} has no waiting task`);
    if (to === from) {
      assert(rest.waiting === 1, `job ${from} keeps its record while ${rest.waiting} tasks wait`);
      return;
    }
    assert(rest.waiting > 1 && !this.lives.has(to), `task ${to} cannot leave job ${from}`);
    rest.waiting--;
    this.lives.set(to, { ...rest, id: to, waiting: 1 });
  }

  #start(event: Extract<Event, { type: "job.started" }>): void {
    const life = this.life(event.jobId);
    const { id, request } = life;
    assert(life.state === "waiting", `job ${id} starts while it is ${life.state}`);
    assert(life.waiting === 1, `job ${id} starts with ${life.waiting} tasks`);
    assert(!life.held, `job ${id} starts while it is held`);
    assert(life.beginS <= this.nowS, `job ${id} starts at ${this.nowS}, before ${life.beginS}`);
    assert(this.#isReleased(life), `job ${id} starts before what it depends on allows it`);
    const limitS = this.#limitOf(life, event.timeLimitS);
    this.#checkPartition(life, event.partition, event.allocation, limitS);
    this.#checkReservations(life, event.allocation, limitS);
    checkGang(life, event.allocation);
    for (const share of event.allocation.nodes) this.#take(id, request, share);
    this.#count(life, 1);
    life.state = "running";
    life.startS = this.nowS;
    life.partition = event.partition;
    life.runLimitS = limitS;
    this.claims.delete(id);
    life.allocation = event.allocation;
    const over = this.overLimit(life, 0, 0);
    assert(over === undefined, `job ${id} starts over the limit: ${over}`);
  }

  /** That of this run: what it asked, or less where it is content with less or must end sooner. */
  #limitOf({ id, timeLimitS, timeMinS, deadlineS }: Life, given = timeLimitS): number {
    assert(given <= timeLimitS, `job ${id} starts with ${given} s, and asked ${timeLimitS}`);
    const least = Math.min(timeLimitS, timeMinS);
    assert(given >= least, `job ${id} starts with ${given} s, and asked at least ${least}`);
    assert(this.nowS + given <= deadlineS, `job ${id} starts at ${this.nowS} and may run past ${deadlineS}`);
    return given;
  }

  #checkReservations(life: Life, { nodes }: Allocation, limitS: number): void {
    for (const { node } of nodes) {
      const untilS = this.nowS + limitS;
      const kept = this.reservations.keeps(life, node, this.nowS, untilS);
      assert(kept === undefined, `job ${life.id} starts on node ${node}, which ${kept} keeps`);
      const barred = this.reservations.bars(life, node, this.nowS, untilS);
      assert(barred === undefined, `job ${life.id} starts for ${limitS} s, but ${barred}`);
    }
  }

  #checkPartition(life: Life, name: string, { nodes }: Allocation, limitS: number): void {
    const { id } = life;
    const partition = this.partitions.find((spec) => spec.name === name);
    assert(partition !== undefined && life.partitions.includes(name), `job ${id} starts in ${name}`);
    assert(partition.state === "UP", `job ${id} starts in ${name}, which is ${partition.state}`);
    assert(limitS <= partition.maxTimeS, `job ${id} is longer than ${name} allows`);
    assert(nodes.length <= partition.maxNodes, `job ${id} has more nodes than ${name} allows`);
    for (const { node } of nodes) {
      const isMember = isNodeOf(partition, this.nodes[node]!.spec.name);
      assert(isMember, `job ${id} starts on node ${node}, which is not in ${name}`);
    }
  }

  #take(id: number, request: Request, share: Allocation["nodes"][number]): void {
    const node = this.nodes[share.node]!;
    const where = `on node ${share.node} for job ${id}`;
    assert(node.isUp, `a start ${where}, which takes no jobs`);
    const features = request.features === "" ? [] : request.features.split("&");
    assert(
      features.every((name) => node.spec.features.includes(name)),
      `a feature is missing ${where}`,
    );
    const cpus = request.exclusive ? node.spec.cpus : share.tasks * request.cpusPerTask;
    const memMib = request.memMib === ALL ? node.spec.memoryMib : request.memMib;
    assert(share.cpus === cpus, `${share.cpus} CPUs instead of ${cpus} ${where}`);
    assert(share.memMib === memMib, `${share.memMib} MiB instead of ${memMib} ${where}`);
    assert(!request.exclusive || node.jobs === 0, `${node.jobs} jobs run ${where}, which wants it whole`);
    assert(node.freeCpus >= share.cpus, `${node.freeCpus} CPUs are free ${where}, which takes ${share.cpus}`);
    assert(
      node.freeMemMib >= share.memMib,
      `${node.freeMemMib} MiB are free ${where}, which takes ${share.memMib}`,
    );
    node.freeCpus -= share.cpus;
    node.freeMemMib -= share.memMib;
    node.jobs++;
    for (const { lane, thousandths } of share.devices) {
      assert(thousandths === 1000, `a part of a device is given ${where}`);
      assert(node.lanes[lane] === 0, `device ${lane} is held by job ${node.lanes[lane]} ${where}`);
      node.lanes[lane] = id;
    }
    const wanted = request.gres.reduce((sum, { count }) => sum + count, 0);
    assert(share.devices.length === wanted, `${share.devices.length} devices instead of ${wanted} ${where}`);
    for (const { lane } of share.devices)
      assert(node.spec.devices[lane] !== undefined, `there is no device ${lane} ${where}`);
  }

  #leave(life: Life): void {
    assert(life.allocation !== undefined, `job ${life.id} runs on nothing`);
    for (const share of life.allocation.nodes) {
      const node = this.nodes[share.node]!;
      node.freeCpus += share.cpus;
      node.freeMemMib += share.memMib;
      node.jobs--;
      for (const { lane } of share.devices) node.lanes[lane] = 0;
    }
    this.#count(life, -1);
    life.allocation = undefined;
  }

  /** Licences, and the tasks of its array. */
  #count(life: Life, by: 1 | -1): void {
    for (const { name, count } of life.request.licences ?? []) {
      const left = (this.licences.get(name) ?? 0) - by * count;
      assert(left >= 0, `job ${life.id} takes ${count} of ${name}, and ${left} are left`);
      this.licences.set(name, left);
    }
    if (life.array === undefined) return;
    const running = (this.#running.get(life.array.id) ?? 0) + by;
    const { throttle } = life.array;
    assert(
      throttle === 0 || running <= throttle,
      `${running} tasks of array ${life.array.id}%${throttle} run`,
    );
    this.#running.set(life.array.id, running);
  }

  #end(id: number, isWell: boolean): void {
    const life = this.life(id);
    assert(life.state !== "ended", `job ${id} ends twice`);
    if (life.state === "running") this.#leave(life);
    life.state = "ended";
    life.isEnding = false;
    this.claims.delete(id);
    life.endedWell = isWell;
  }

  #requeue(event: Extract<Event, { type: "job.requeued" }>): void {
    const life = this.life(event.jobId);
    assert(life.state !== "waiting", `job ${event.jobId} is requeued while it is ${life.state}`);
    // A component that has ended before is run again with the others.
    assert(
      life.state === "running" || life.het !== undefined,
      `job ${event.jobId} is requeued after its end`,
    );
    if (life.state === "running") this.#leave(life);
    life.state = "waiting";
    life.isEnding = false;
    life.held = event.held !== "";
    life.beginS = event.beginS;
  }

  /** Of the kinds that can be told from whole jobs; those between tasks are taken on trust. */
  #isReleased({ dependency }: Life): boolean {
    return (dependency?.terms ?? []).every(({ kind, jobId }) => {
      const other = this.lives.get(jobId);
      if (other === undefined || other.array !== undefined) return true;
      if (kind === "after") return other.state !== "waiting" || other.startS > 0;
      if (other.state !== "ended") return false;
      if (kind === "afternotok") return !other.endedWell;
      return kind === "afterany" || other.endedWell;
    });
  }
}

/** Whole, on as many nodes as it asked, each once, with all its tasks and the nodes that it named. */
function checkGang({ id, request }: Life, { nodes }: Allocation): void {
  const rows = new Set(nodes.map(({ node }) => node as number));
  assert(rows.size === nodes.length, `job ${id} has a node twice`);
  const most = Math.max(request.minNodes, request.maxNodes);
  const isCounted = nodes.length >= request.minNodes && nodes.length <= most;
  assert(isCounted, `job ${id} has ${nodes.length} nodes and asked ${request.minNodes} to ${most}`);
  const tasks = nodes.reduce((sum, share) => sum + share.tasks, 0);
  assert(tasks === request.tasks, `job ${id} has ${tasks} of ${request.tasks} tasks`);
  for (const share of nodes)
    assert(share.tasks >= 1 && share.tasks <= request.tasksPerNode, `job ${id} has ${share.tasks} on a node`);
  for (const node of request.requiredNodes) assert(rows.has(node), `job ${id} named node ${node}`);
  for (const node of request.excludedNodes) assert(!rows.has(node), `job ${id} ruled out node ${node}`);
}

const cpusOf = (lives: readonly Life[]): number =>
  lives.reduce(
    (sum, { allocation }) => sum + (allocation?.nodes ?? []).reduce((all, { cpus }) => all + cpus, 0),
    0,
  );

/** Partitions of histories name all nodes or a list without ranges. */
export const isNodeOf = ({ nodes }: PartitionSpec, name: string): boolean =>
  nodes === "ALL" || nodes.split(",").includes(name);
