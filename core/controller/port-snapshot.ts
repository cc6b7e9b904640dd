/**
 * Gives the state away as bytes, for who simulates what would be if. It is made in a worker from what is on disk, so the
 * event loop does not wait for it, and the live state is not touched. One is made at a time: who asks meanwhile gets the
 * next one, together with all others that wait for it.
 */
import type { SnapshotFacts, StateSnapshot } from "../model/state-snapshot.ts";
import { nowS } from "./clock.ts";
import type { CoreParts } from "./core-parts.ts";
import { makeSnapshot } from "./snapshot-maker.ts";

export class PortSnapshot {
  readonly #parts: CoreParts;
  #making: Promise<StateSnapshot> | undefined;
  #next: Promise<StateSnapshot> | undefined;

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  /** Of a moment after this call: it holds all that was answered before. */
  snapshot(): Promise<StateSnapshot> {
    if (this.#making === undefined) return this.#begin();
    this.#next ??= this.#making.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<StateSnapshot> {
    this.#next = undefined;
    const making = this.#make().finally(() => {
      if (this.#making === making) this.#making = undefined;
    });
    this.#making = making;
    return making;
  }

  async #make(): Promise<StateSnapshot> {
    const { ledger, store, clock, config, desk } = this.#parts;
    await ledger.settled();
    const { seq, bytes } = await makeSnapshot(store);
    const { priority, placement } = config.policies;
    const facts: SnapshotFacts = {
      nowS: nowS(clock),
      seq,
      backfill: config.scheduler.backfill,
      policies: {
        priority: desk.choice("priority") ?? priority,
        placement: desk.choice("placement") ?? placement,
        topology: desk.choice("topology"),
        preemption: desk.choice("preemption"),
      },
    };
    return { facts, bytes };
  }
}
