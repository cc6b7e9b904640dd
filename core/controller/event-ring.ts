/**
 * The event stream's memory: the newest events that are on disk, as lines for the outside, so that a client that was
 * away for a moment misses nothing. Older ones are skipped, which the client sees from the numbers.
 */
import type { StreamEvent } from "../api/port.ts";
import type { Event } from "../state/events.ts";

export const MAX_RING_EVENTS = 10_000;

export class EventRing {
  private readonly events: StreamEvent[] = [];
  private readonly listeners = new Set<(event: StreamEvent) => void>();

  add(event: Event, seq: number): void {
    const line = streamEventOf(event, seq);
    this.events.push(line);
    if (this.events.length > MAX_RING_EVENTS * 2) this.events.splice(0, this.events.length - MAX_RING_EVENTS);
    for (const listener of this.listeners) listener(line);
  }

  /** Events after `afterSeq` that are still kept, then each new one. */
  subscribe(afterSeq: number, onEvent: (event: StreamEvent) => void): () => void {
    for (const event of this.events.slice(-MAX_RING_EVENTS)) if (event.seq > afterSeq) onEvent(event);
    this.listeners.add(onEvent);
    return () => this.listeners.delete(onEvent);
  }
}

/** What the outside is told of an event: ids, names and amounts, never the user's environment or script. */
function streamEventOf(event: Event, seq: number): StreamEvent {
  return { seq, atS: event.atS, type: event.type, data: dataOf(event) };
}

function dataOf(event: Event): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case "cluster.configured":
      return { cluster: event.clusterName, partitions: event.partitions.map((p) => p.name) };
    case "usage.reset":
      return {};
    case "reservation.created":
      return {
        reservation: event.reservation.name,
        startS: event.reservation.startS,
        endS: event.reservation.endS,
      };
    case "reservation.changed":
      return { reservation: event.name, changed: Object.keys(event.change) };
    case "reservation.deleted":
      return { reservation: event.name };
    case "reservation.rolled":
      return { reservation: event.name, startS: event.startS, endS: event.endS };
    case "node.registered":
      return {
        node: event.spec.name,
        cpus: event.spec.cpus,
        memoryMib: event.spec.memoryMib,
        devices: event.spec.devices.length,
      };
    case "node.changed":
      return {
        nodeIndex: event.node,
        ...defined({
          responding: event.responding,
          down: event.down,
          drain: event.drain,
          reason: event.reason,
          weight: event.weight,
          power: event.power === null ? "awake" : event.power?.state,
        }),
      };
    case "job.submitted":
      return {
        jobId: event.jobId,
        name: event.job.name,
        user: event.job.spec.user,
        tasks: event.array?.tasks.length ?? 1,
      };
    case "het.submitted":
      return {
        jobId: event.jobId,
        name: event.jobs[0]?.name ?? "",
        user: event.jobs[0]?.spec.user ?? "",
        components: event.jobs.length,
      };
    case "task.split":
      return { arrayJobId: event.jobId, taskId: event.taskId, jobId: event.newJobId };
    case "job.updated":
      return { jobId: event.jobId, changed: Object.keys(event.change) };
    case "job.started":
      return {
        jobId: event.jobId,
        partition: event.partition,
        nodes: event.allocation.nodes.map((share) => share.node),
      };
    case "job.ending":
      return { jobId: event.jobId, state: event.state, ...defined({ forJob: event.forJob }) };
    case "job.preempting":
      return { jobId: event.jobId, partition: event.partition, nodes: event.nodes, victims: event.victims };
    case "job.suspending":
      return { jobId: event.jobId, ...defined({ forJob: event.forJob, byHand: event.byHand }) };
    case "job.suspended":
    case "job.resuming":
    case "job.resumed":
      return { jobId: event.jobId };
    case "job.ended":
      return {
        jobId: event.jobId,
        state: event.state,
        exitCode: event.exitCode,
        exitSignal: event.exitSignal,
        reason: event.endReason,
      };
    case "job.requeued":
      return { jobId: event.jobId, reason: event.endReason };
    case "step.started":
      return {
        jobId: event.jobId,
        stepId: event.stepId,
        name: event.step.name,
        tasks: event.step.tasks,
        nodes: event.step.shares.map(({ node }) => node),
      };
    case "step.ended":
      return {
        jobId: event.jobId,
        stepId: event.stepId,
        state: event.state,
        exitCode: event.exitCode,
        exitSignal: event.exitSignal,
      };
    case "jobs.purged":
      return { jobIds: event.jobIds };
  }
}

const defined = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
