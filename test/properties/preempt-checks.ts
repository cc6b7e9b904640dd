/** What must hold of jobs that are ended for another: each may be taken by it, and is needed. */
import type { Event } from "../../core/state/events.ts";
import { assert } from "./assert.ts";
import type { Life, NodeBook } from "./life.ts";
import { tasksOn } from "./room.ts";
import type { Witness } from "./witness.ts";

type Preempting = Extract<Event, { type: "job.preempting" }>;

/** Before the event is applied. `isAlone` says that nothing is kept for any other waiting job. */
export function checkPreemption(witness: Witness, event: Preempting, isAlone: boolean): void {
  const life = witness.life(event.jobId);
  const { id } = life;
  assert(life.state === "waiting" && !life.held, `others are ended for job ${id}, which does not wait`);
  assert(life.het === undefined && life.reservation === "", `job ${id} may not have others ended`);
  assert(event.victims.length > 0, `job ${id} preempts nobody`);
  const victims = event.victims.map((victim) => witness.life(victim));
  for (const victim of victims) checkVictim(witness, life, event, victim);
  // Where others have promises, claims or reservations, what is free is not all to be had.
  if (!isAlone || witness.claims.size > 0 || witness.reservations.wasUsed) return;
  for (const victim of victims) {
    const others = new Set(victims.filter((one) => one !== victim).map((one) => one.id));
    const isOn = (victim.allocation?.nodes ?? []).some(({ node }) => event.nodes.includes(node));
    assert(isOn, `job ${victim.id} is ended for job ${id} and is on none of its nodes`);
    const holds = event.nodes.every((node, i) => {
      const wanted = life.request.uneven ? event.tasks[i]! : 1;
      return tasksOn(without(witness, node, others), life.request) >= wanted;
    });
    assert(!holds, `job ${id} would fit at ${event.atS} though job ${victim.id} went on`);
  }
}

function checkVictim(witness: Witness, life: Life, event: Preempting, victim: Life): void {
  const what = `job ${victim.id} is ended for job ${life.id}`;
  assert(victim.state === "running" && !victim.isEnding, `${what}, and does not run`);
  assert(victim.het === undefined && victim.reservation === "", `${what}, which is not to be taken`);
  const { by, exemptTimeS } = witness.preemption;
  assert(victim.startS + exemptTimeS <= witness.nowS, `${what} after ${witness.nowS - victim.startS} s`);
  if (by === "qos") {
    assert(life.qos === "high" && victim.qos === "thin", `${what}: ${life.qos} takes ${victim.qos}`);
    return;
  }
  const tier = (name: string): number =>
    witness.partitions.find((spec) => spec.name === name)?.priorityTier ?? 0;
  assert(by === "partition", `${what}, and nobody is preempted here`);
  const isLower = tier(victim.partition) < tier(event.partition);
  assert(isLower, `${what}: ${event.partition} takes ${victim.partition}`);
}

/** The node once these have gone, and all whose end was asked for. */
function without(witness: Witness, row: number, gone: ReadonlySet<number>): NodeBook {
  const book = witness.nodes[row]!;
  const left = { ...book, lanes: [...book.lanes] };
  for (const { id, isEnding, state, allocation } of witness.lives.values()) {
    if (state !== "running" || !(isEnding || gone.has(id))) continue;
    for (const share of allocation?.nodes ?? []) {
      if (share.node !== row) continue;
      left.freeCpus += share.cpus;
      left.freeMemMib += share.memMib;
      left.jobs--;
      for (const { lane } of share.devices) left.lanes[lane] = 0;
    }
  }
  return left;
}
