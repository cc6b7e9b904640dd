/**
 * The reducer: applies one event to the state. The only code that changes a ClusterState. Pure in the sense that
 * matters for a journal: the same state and event give the same state, to the byte; no clock, no chance, no I/O. It
 * trusts its input: who appends an event has checked it against the state that it is applied to, and an event that
 * does not fit is a bug or a damaged journal, thrown as JOURNAL_CORRUPT.
 */
import { RotaError } from "../model/errors.ts";
import { seq } from "../model/ids.ts";
import type { ClusterState } from "./cluster-state.ts";
import { decodeEvent, type Event } from "./events.ts";
import { applyHetSubmitted } from "./het.ts";
import { applyConfigured, applyNodeChanged, applyNodeRegistered, applyUsageReset } from "./reduce-cluster.ts";
import { applyPreempting } from "./reduce-preemption.ts";
import { applyPurged, applySplit, applySubmitted, applyUpdated } from "./reduce-queue.ts";
import {
  applyReservationChanged,
  applyReservationCreated,
  applyReservationDeleted,
  applyReservationRolled,
} from "./reduce-reservations.ts";
import { applyEnded, applyEnding, applyRequeued, applyStarted } from "./reduce-run.ts";
import { applyStepEnded, applyStepStarted } from "./reduce-steps.ts";
import { applyResumed, applyResuming, applySuspended, applySuspending } from "./reduce-suspension.ts";

/**
 * Decodes and applies an event, and gives it. Live and in replay the state is then made of the same bytes: what does
 * not survive the encoding (a lone surrogate in a name) is in neither. Throws JOURNAL_CORRUPT, naming the event.
 */
export function reduceEncoded(state: ClusterState, eventSeq: number, bytes: Uint8Array): Event {
  let event: Event;
  try {
    event = decodeEvent(bytes);
  } catch (error) {
    if (!RotaError.is(error)) throw error;
    throw new RotaError("JOURNAL_CORRUPT", `event ${eventSeq}: ${error.message}`, { seq: eventSeq });
  }
  reduce(state, eventSeq, event);
  return event;
}

/**
 * Applies an event as it is, without its bytes: for a simulator, which keeps no journal. What the event holds becomes the
 * state's, so it must not be changed afterwards; jobs may share one request object, which is then looked up once.
 * Throws JOURNAL_CORRUPT, naming the event, when it does not fit; the state is then as it was.
 */
export function reduce(state: ClusterState, eventSeq: number, event: Event): void {
  if (eventSeq !== state.lastSeq + 1) {
    throw new RotaError("JOURNAL_CORRUPT", `event ${eventSeq} follows event ${state.lastSeq}`, {
      seq: eventSeq,
    });
  }
  const { lastSeq, lastAtS } = state;
  state.lastSeq = seq(eventSeq);
  if (event.atS > state.lastAtS) state.lastAtS = event.atS;
  try {
    apply(state, event);
  } catch (error) {
    // An event that does not fit is refused before it has changed anything: the state is as it was.
    state.lastSeq = lastSeq;
    state.lastAtS = lastAtS;
    if (RotaError.is(error)) throw error;
    const message = `${event.type} at event ${eventSeq}: ${error instanceof Error ? error.message : String(error)}`;
    throw new RotaError("JOURNAL_CORRUPT", message, { seq: eventSeq });
  }
}

function apply(state: ClusterState, event: Event): void {
  switch (event.type) {
    case "cluster.configured":
      applyConfigured(state, event);
      break;
    case "usage.reset":
      applyUsageReset(state, event);
      break;
    case "reservation.created":
      applyReservationCreated(state, event);
      break;
    case "reservation.changed":
      applyReservationChanged(state, event);
      break;
    case "reservation.deleted":
      applyReservationDeleted(state, event);
      break;
    case "reservation.rolled":
      applyReservationRolled(state, event);
      break;
    case "node.registered":
      applyNodeRegistered(state, event);
      break;
    case "node.changed":
      applyNodeChanged(state, event);
      break;
    case "job.submitted":
      applySubmitted(state, event);
      break;
    case "het.submitted":
      applyHetSubmitted(state, event);
      break;
    case "task.split":
      applySplit(state, event);
      break;
    case "job.updated":
      applyUpdated(state, event);
      break;
    case "job.started":
      applyStarted(state, event);
      break;
    case "job.ending":
      applyEnding(state, event);
      break;
    case "job.preempting":
      applyPreempting(state, event);
      break;
    case "job.suspending":
      applySuspending(state, event);
      break;
    case "job.suspended":
      applySuspended(state, event);
      break;
    case "job.resuming":
      applyResuming(state, event);
      break;
    case "job.resumed":
      applyResumed(state, event);
      break;
    case "job.ended":
      applyEnded(state, event);
      break;
    case "job.requeued":
      applyRequeued(state, event);
      break;
    case "step.started":
      applyStepStarted(state, event);
      break;
    case "step.ended":
      applyStepEnded(state, event);
      break;
    case "jobs.purged":
      applyPurged(state, event);
      break;
    default:
      throw unknownType(state, event);
  }
}

/** A journal written by a later version; what it says cannot be left out. */
function unknownType(state: ClusterState, event: never): RotaError {
  const { type } = event as { readonly type?: unknown };
  const message = `event ${state.lastSeq} is of unknown type ${String(type)}`;
  return new RotaError("JOURNAL_CORRUPT", message, { seq: state.lastSeq });
}
