/**
 * The reducer: applies one event to the state. The only code that changes a ClusterState. Pure in the sense that
 * matters for a journal: the same state and event give the same state, to the byte; no clock, no chance, no I/O. It
 * trusts its input: who appends an event has checked it against the state that it is applied to, and an event that
 * does not fit is a bug or a damaged journal, thrown as JOURNAL_CORRUPT.
 */
import { RotaError } from "../model/errors.ts";
import { seq } from "../model/ids.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { Event } from "./events.ts";
import { applyConfigured, applyNodeChanged, applyNodeRegistered } from "./reduce-cluster.ts";
import { applyPurged, applySplit, applySubmitted, applyUpdated } from "./reduce-queue.ts";
import { applyEnded, applyEnding, applyRequeued, applyStarted } from "./reduce-run.ts";

export function reduce(state: ClusterState, eventSeq: number, event: Event): void {
  if (eventSeq !== state.lastSeq + 1) {
    throw new RotaError("JOURNAL_CORRUPT", `event ${eventSeq} follows event ${state.lastSeq}`, { seq: eventSeq });
  }
  state.lastSeq = seq(eventSeq);
  if (event.atS > state.lastAtS) state.lastAtS = event.atS;
  switch (event.type) {
    case "cluster.configured":
      return applyConfigured(state, event);
    case "node.registered":
      return applyNodeRegistered(state, event);
    case "node.changed":
      return applyNodeChanged(state, event);
    case "job.submitted":
      return applySubmitted(state, event);
    case "task.split":
      return applySplit(state, event);
    case "job.updated":
      return applyUpdated(state, event);
    case "job.started":
      return applyStarted(state, event);
    case "job.ending":
      return applyEnding(state, event);
    case "job.ended":
      return applyEnded(state, event);
    case "job.requeued":
      return applyRequeued(state, event);
    case "jobs.purged":
      return applyPurged(state, event);
  }
}
