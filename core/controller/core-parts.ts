/** What the parts of the controller's port share; made once by `startController`. */
import type { Logger } from "pino";
import type { Store } from "../../plugins/sdk/store.ts";
import type { AdmitCluster } from "../admit/cluster.ts";
import type { AdmissionDesk } from "./admission-desk.ts";
import type { Allocations } from "./allocations.ts";
import { type Clock, nowS } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EventRing } from "./event-ring.ts";
import type { Fleet } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import type { PassRunner } from "./pass-runner.ts";
import type { PlanBoard } from "./plan-board.ts";
import type { PolicyDesk } from "./policy-desk.ts";
import type { Scheduler } from "./scheduler.ts";
import type { ScriptShelf } from "./script-shelf.ts";
import type { ShadowDesk } from "./shadow-desk.ts";
import type { StepDesk } from "./step-desk.ts";
import type { Tally } from "./tally.ts";
import type { Workbench } from "./workbench.ts";

export interface CoreParts {
  readonly config: ClusterConfig;
  readonly stateDir: string;
  readonly version: string;
  readonly startedS: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly shelf: ScriptShelf;
  readonly board: PlanBoard;
  readonly scheduler: Scheduler;
  readonly runner: PassRunner;
  readonly desk: PolicyDesk;
  readonly admission: AdmissionDesk;
  readonly shadow: ShadowDesk;
  readonly workbench: Workbench;
  readonly dispatcher: Dispatcher;
  readonly fleet: Fleet;
  readonly steps: StepDesk;
  readonly allocations: Allocations;
  readonly ring: EventRing;
  readonly tally: Tally;
  /** Admission's view, made again after nodes or partitions have changed. */
  readonly admitCluster: () => AdmitCluster;
}

/** The time of the next event: now, and never before the last one. */
export const eventTimeS = (parts: Pick<CoreParts, "clock" | "ledger">): number =>
  Math.max(nowS(parts.clock), parts.ledger.state.lastAtS);
