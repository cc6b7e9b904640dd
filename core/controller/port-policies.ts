/**
 * Showing, loading and rolling back policies while the controller runs. A change serves from the next pass on and until
 * the controller ends: what shall stay is written in rota.yaml, so that a start is decided by one file alone.
 */
import type { Caller } from "../api/port.ts";
import type { PolicyLoadRequest, PolicyView, ServedKind } from "../model/policy-views.ts";
import { type Result, refuse } from "../model/refusal.ts";
import { nowS } from "./clock.ts";
import type { CoreParts } from "./core-parts.ts";

/** A policy that comes with Rota is named by a word; anything else would be a path. */
const BUILT_IN_NAME = /^[a-z][a-z0-9-]{0,63}$/;

export class PortPolicies {
  private readonly parts: Pick<CoreParts, "desk" | "scheduler" | "clock">;

  constructor(parts: Pick<CoreParts, "desk" | "scheduler" | "clock">) {
    this.parts = parts;
  }

  list(): readonly PolicyView[] {
    return this.parts.desk.details();
  }

  async load(kind: ServedKind, request: PolicyLoadRequest, caller: Caller): Promise<Result<PolicyView>> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may load policies");
    const { module, wasm, parameters = {} } = request;
    if (wasm === undefined && !BUILT_IN_NAME.test(module))
      return refuse(
        "POLICY_UNREADABLE",
        `there is no ${kind} policy ${module}; send a module of your own as wasm`,
      );
    const bytes = wasm === undefined ? undefined : Buffer.from(wasm, "base64");
    const { desk, scheduler, clock } = this.parts;
    const loaded = await desk.load({ kind, module, parameters }, bytes, nowS(clock));
    // Jobs that wait are looked at with the new one at once.
    if (loaded.ok) scheduler.wake();
    return loaded;
  }

  rollback(kind: ServedKind, caller: Caller): Result<PolicyView | null> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may roll policies back");
    const { desk, scheduler, clock } = this.parts;
    const back = desk.rollback(kind, nowS(clock));
    if (back.ok) scheduler.wake();
    return back;
  }
}
