/**
 * Showing, loading, shadowing and rolling back policies while the controller runs. A change serves from the next pass on and until
 * the controller ends: what shall stay is written in rota.yaml, so that a start is decided by one file alone.
 */
import type { Caller } from "../api/port.ts";
import type { PartitionParameters } from "../model/policy.ts";
import type { PolicyLoadRequest, PolicySetRequest, PolicyView, ServedKind } from "../model/policy-views.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { ShadowKind, ShadowRequest, ShadowView } from "../model/shadow-views.ts";
import type {
  BesideView,
  PolicyBuildView,
  PolicySimulateRequest,
  PolicySource,
  PolicyTestRequest,
  PolicyTestView,
} from "../model/workbench.ts";
import { nowS } from "./clock.ts";
import type { CoreParts } from "./core-parts.ts";

/** A policy that comes with Rota is named by a word; anything else would be a path. */
const BUILT_IN_NAME = /^[a-z][a-z0-9-]{0,63}$/;

type Parts = Pick<
  CoreParts,
  "desk" | "runner" | "scheduler" | "clock" | "admission" | "ledger" | "shadow" | "workbench"
>;

export class PortPolicies {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  list(): readonly PolicyView[] {
    return this.parts.desk.details();
  }

  async load(kind: ServedKind, request: PolicyLoadRequest, caller: Caller): Promise<Result<PolicyView>> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may load policies");
    const { module, wasm, parameters = {}, partitions, onFault } = request;
    const bytes = bytesOf(kind, module, wasm);
    if (!bytes.ok) return bytes;
    const wrong = this.wrongPartition(partitions) ?? wrongOnFault(kind, onFault);
    if (wrong !== undefined) return wrong;
    const { desk, clock } = this.parts;
    const choice = {
      ...{ kind, module, parameters },
      ...(partitions === undefined ? {} : { partitions }),
      ...(onFault === undefined ? {} : { onFault }),
    };
    return this.served(await desk.load(choice, bytes.value, nowS(clock)));
  }

  async set(kind: ServedKind, request: PolicySetRequest, caller: Caller): Promise<Result<PolicyView>> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may set parameters of policies");
    const wrong = this.wrongPartition(request.partitions) ?? wrongOnFault(kind, request.onFault);
    if (wrong !== undefined) return wrong;
    const { desk, clock } = this.parts;
    return this.served(desk.set(kind, request, nowS(clock)));
  }

  shadow(): ShadowView | null {
    return this.parts.shadow.view() ?? null;
  }

  async startShadow(kind: ShadowKind, request: ShadowRequest, caller: Caller): Promise<Result<ShadowView>> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may put a policy in the shadow");
    const { module, wasm, parameters = {}, partitions, passes } = request;
    const wrong = this.wrongPartition(partitions) ?? wrongOnFault(kind, request.onFault);
    if (wrong !== undefined) return wrong;
    const bytes = bytesOf(kind, module, wasm);
    if (!bytes.ok) return bytes;
    const { shadow, clock } = this.parts;
    const choice = { kind, module, parameters, ...(partitions === undefined ? {} : { partitions }) };
    return shadow.start(choice, bytes.value, passes, nowS(clock));
  }

  async build(source: PolicySource, caller: Caller): Promise<Result<PolicyBuildView>> {
    return caller.operator ? this.parts.workbench.build(source) : NO_WORKSHOP;
  }

  async test(request: PolicyTestRequest, caller: Caller): Promise<Result<PolicyTestView>> {
    return caller.operator ? this.parts.workbench.test(request) : NO_WORKSHOP;
  }

  async simulate(
    kind: ShadowKind,
    request: PolicySimulateRequest,
    caller: Caller,
  ): Promise<Result<BesideView>> {
    if (!caller.operator) return NO_WORKSHOP;
    const wrong = this.wrongPartition(request.partitions) ?? wrongOnFault(kind, request.onFault);
    if (wrong !== undefined) return wrong;
    const bytes = bytesOf(kind, request.module, request.wasm);
    return bytes.ok ? this.parts.workbench.simulate(kind, request) : bytes;
  }

  stopShadow(caller: Caller): Result<ShadowView> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may end a shadow");
    return this.parts.shadow.stop();
  }

  async rollback(kind: ServedKind, caller: Caller): Promise<Result<PolicyView | null>> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may roll policies back");
    const { desk, clock } = this.parts;
    return this.served(desk.rollback(kind, nowS(clock)));
  }

  /**
   * Passes go on with the one before until a thread has the new one; then jobs that wait are looked at with it at once. An
   * admission policy's thread is started for the next submission.
   */
  private async served<T>(loaded: Result<T>): Promise<Result<T>> {
    if (!loaded.ok) return loaded;
    this.parts.admission.prepare();
    await this.parts.runner.prepare();
    this.parts.scheduler.wake();
    return loaded;
  }

  private wrongPartition(
    given: Readonly<Record<string, unknown>> | PartitionParameters = {},
  ): Refused | undefined {
    const { partitions } = this.parts.ledger.state;
    const unknown = Object.keys(given).find((name) => !partitions.some(({ spec }) => spec.name === name));
    return unknown === undefined
      ? undefined
      : refuse("INVALID_PARTITION", `there is no partition ${unknown}`, { partition: unknown });
  }
}

type Refused = ReturnType<typeof refuse>;

const wrongOnFault = (kind: ServedKind, onFault: string | undefined): Refused | undefined =>
  onFault === undefined || kind === "admission"
    ? undefined
    : refuse(
        "POLICY_WRONG_KIND",
        `onFault is of admission policies; the built-in serves where a ${kind} policy fails`,
      );
const NO_WORKSHOP = refuse("ACCESS_DENIED", "only an operator may build, test and simulate policies here");

/** Of the module; undefined for one that comes with Rota. */
function bytesOf(kind: string, module: string, wasm: string | undefined): Result<Uint8Array | undefined> {
  if (wasm !== undefined) return ok(Buffer.from(wasm, "base64"));
  if (BUILT_IN_NAME.test(module)) return ok(undefined);
  return refuse(
    "POLICY_UNREADABLE",
    `there is no ${kind} policy ${module}; send a module of your own as wasm`,
  );
}
