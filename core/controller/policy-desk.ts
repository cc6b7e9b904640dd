/**
 * Which policy modules serve, and what stands against them: the chosen ones with the built-in ones behind them, the
 * book of strikes, and those that served before. Checks each module when it is chosen, so that a wrong one is refused
 * with its reason then and not in a pass, and keeps its bytes, so that it stays the one that was checked. Runs no module.
 */
import type { Logger } from "pino";
import type { OnFault, PolicyChoice, PolicyFault, PolicyKind } from "../model/policy.ts";
import {
  type PassKind,
  type PolicySetRequest,
  type PolicyView,
  SERVED_KINDS,
  type ServedKind,
} from "../model/policy-views.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { ClusterView } from "../model/views.ts";
import type { ModuleUse } from "../wasm/call-times.ts";
import type { FuelBudget } from "../wasm/fuel/tank.ts";
import { parameterSets } from "../wasm/parameter-sets.ts";
import type { ModuleSpec, PolicySetSpec } from "../wasm/policy-set.ts";
import { emptyStrikeBook, isOut, type StrikeBook, strike } from "../wasm/strikes.ts";
import { builtModulePath } from "./built-file.ts";
import { type CheckedModule, checkModule } from "./checked-module.ts";
import type { ConfiguredPolicies } from "./config-policies.ts";
import { otherValues } from "./policy-values.ts";

/** Numbers of the built-in modules; the chosen ones follow. */
const BUILTIN: Readonly<Record<PassKind, { readonly number: number; readonly name: string }>> = {
  priority: { number: 1, name: "fifo" },
  placement: { number: 2, name: "pack" },
  topology: { number: 3, name: "tree" },
  preemption: { number: 4, name: "cheapest" },
};
const FIRST_CHOSEN = 5;
/** Policies of a kind that a rollback can go back through. */
const MAX_EARLIER = 16;

interface Served extends CheckedModule {
  readonly kind: ServedKind;
  readonly number: number;
  readonly choice: PolicyChoice;
  readonly origin: PolicyView["origin"];
  readonly sinceS: number;
  calls: number;
  usedUs: number;
}

export interface ServedAdmission {
  readonly module: ModuleSpec;
  readonly name: string;
  /** Fields of a submission that it names. */
  readonly columns: readonly string[];
  readonly onFault: OnFault;
  /** Three strikes: it is asked no more. */
  readonly isOut: boolean;
  readonly fuel: FuelBudget;
}

/** A module that was checked and does not serve. */
export interface Candidate {
  /** For a set of policies. */
  readonly module: ModuleSpec;
  /** As it was named. */
  readonly name: string;
  readonly sha256: string;
  readonly manifest: CheckedModule["manifest"];
}

export class PolicyDesk {
  /** Grows with every change of what serves in passes; a worker with an older one is out of date. */
  generation = 0;
  private readonly served = new Map<ServedKind, Served>();
  /** By kind, the last one at the end; undefined where the kind had no policy. */
  private readonly earlier = new Map<ServedKind, (Served | undefined)[]>();
  private readonly config: ConfiguredPolicies;
  private readonly log: Logger;
  private book: StrikeBook = emptyStrikeBook;
  private nextNumber = FIRST_CHOSEN;

  private constructor(config: ConfiguredPolicies, log: Logger) {
    this.config = config;
    this.log = log;
  }

  /** Checks all chosen modules; the refusal is that of the first that cannot serve. */
  static async open(config: ConfiguredPolicies, log: Logger, sinceS = 0): Promise<Result<PolicyDesk>> {
    const desk = new PolicyDesk(config, log);
    for (const kind of SERVED_KINDS) {
      const choice = config[kind];
      if (choice === undefined) continue;
      const made = await desk.check(kind, choice, undefined, { origin: "configuration", sinceS });
      if (!made.ok) return made;
      desk.served.set(kind, made.value);
    }
    return ok(desk);
  }

  /** What a pass worker is started with. */
  get spec(): PolicySetSpec {
    const builtin = (kind: PassKind): ModuleSpec => ({
      number: BUILTIN[kind].number,
      source: builtModulePath(kind, BUILTIN[kind].name),
      parameters: {},
    });
    return {
      chosen: Object.fromEntries(
        [...this.served.values()]
          .filter(({ kind }) => kind !== "admission")
          .map((served) => [served.kind, specOf(served)]),
      ),
      fuel: this.config.fuel,
      builtin: {
        priority: builtin("priority"),
        placement: builtin("placement"),
        ...(this.served.has("topology") ? { topology: builtin("topology") } : {}),
        ...(this.served.has("preemption") ? { preemption: builtin("preemption") } : {}),
      },
    };
  }

  /** What the admission worker is started with, and what becomes of submissions that it fails at; undefined for none. */
  get admission(): ServedAdmission | undefined {
    const served = this.served.get("admission");
    if (served === undefined) return undefined;
    return {
      module: specOf(served),
      name: served.manifest.name,
      columns: served.manifest.columns,
      onFault: served.choice.onFault ?? "refuse",
      isOut: isOut(this.book, served.number),
      fuel: this.config.fuel,
    };
  }

  /** From the next pass on this one serves. `bytes` is the module, absent for one that comes with Rota. */
  async load(
    choice: PolicyChoice,
    bytes: Uint8Array | undefined,
    sinceS: number,
  ): Promise<Result<PolicyView>> {
    const kind = choice.kind as ServedKind;
    if (kind === "preemption" && this.config.preemption === undefined)
      return refuse("POLICY_NOT_SERVED", "nothing is preempted on this cluster");
    const made = await this.check(kind, choice, bytes, { origin: "loaded", sinceS });
    if (!made.ok) return made;
    const stack = this.earlier.get(kind) ?? [];
    this.earlier.set(kind, [...stack, this.served.get(kind)].slice(-MAX_EARLIER));
    this.serve(kind, made.value);
    return ok(this.view(made.value));
  }

  /** The policy that serves, with other values; a rollback brings the old ones back. */
  set(kind: ServedKind, request: PolicySetRequest, sinceS: number): Result<PolicyView> {
    const served = this.served.get(kind);
    if (served === undefined) return refuse("POLICY_NOT_SERVED", `no ${kind} policy serves`);
    const choice = { ...served.choice, ...otherValues(served.choice, request) };
    // The module is the one that was checked when it was chosen.
    const values = parameterSets(served.manifest, choice.parameters, choice.partitions);
    if (!values.ok) return values;
    const number = this.nextNumber++;
    const next: Served = { ...served, choice, number, origin: "loaded", sinceS, calls: 0, usedUs: 0 };
    this.earlier.set(kind, [...(this.earlier.get(kind) ?? []), served].slice(-MAX_EARLIER));
    this.serve(kind, next);
    return ok(this.view(next));
  }

  /** Checks a module as `load` does, and changes nothing. `number` is what marker and strikes are to call it. */
  async candidate(
    choice: PolicyChoice,
    given: Uint8Array | undefined,
    number: number,
  ): Promise<Result<Candidate>> {
    const kind = choice.kind as ServedKind;
    if (kind === "preemption" && this.config.preemption === undefined)
      return refuse("POLICY_NOT_SERVED", "nothing is preempted on this cluster");
    const made = await this.check(kind, choice, given, { origin: "loaded", sinceS: 0 });
    if (!made.ok) return made;
    const { sha256, manifest } = made.value;
    const module = { ...specOf(made.value), number };
    return ok({ module, name: choice.module, sha256, manifest });
  }

  /** From the next pass on the one before serves again, its strikes forgiven; null where the kind had none. */
  rollback(kind: ServedKind, sinceS: number): Result<PolicyView | null> {
    const stack = this.earlier.get(kind) ?? [];
    if (stack.length === 0)
      return refuse("POLICY_NO_EARLIER", `no ${kind} policy has served before this one since the start`);
    const last = stack.at(-1);
    this.earlier.set(kind, stack.slice(0, -1));
    // A number of its own: what was struck under the old one is over.
    const back =
      last === undefined ? undefined : { ...last, number: this.nextNumber++, sinceS, calls: 0, usedUs: 0 };
    this.serve(kind, back);
    return ok(back === undefined ? null : this.view(back));
  }

  /** Whether nodes are chosen by modules that come with Rota, of which is known that they look at one job at a time. */
  get placesByBuiltIns(): boolean {
    return (["placement", "topology"] as const).every((kind) => this.served.get(kind)?.isBuiltIn !== false);
  }

  /** Whether a module of the site's own is among those that serve. */
  get hasOwn(): boolean {
    return [...this.served.values()].some(({ isBuiltIn }) => !isBuiltIn);
  }

  /** Kinds whose chosen module is out; the built-in serves them. */
  get out(): readonly PolicyKind[] {
    return [...this.served.values()].filter(({ number }) => isOut(this.book, number)).map(({ kind }) => kind);
  }

  /** One strike against the module with this number; built-in modules are struck too, which is a bug worth a log line. */
  strike(number: number, fault: PolicyFault): void {
    const module = [...this.served.values()].find((served) => served.number === number);
    const file =
      module?.choice.module ?? (number < FIRST_CHOSEN ? `built-in ${number}` : `earlier ${number}`);
    const message = module?.isBuiltIn === false ? `${file}: ${fault.message}` : fault.message;
    const struck = strike(this.book, number, { code: fault.code, message });
    this.book = struck.book;
    const { kind, sha256 } = module ?? {};
    const facts = { module: file, sha256, kind, code: fault.code, strikes: struck.strikes };
    const said = `${kind ?? "a"} policy ${message}`;
    const [forGood, once] =
      module?.kind === "admission"
        ? [
            `from now on submissions are ${taken(module.choice)}`,
            `this submission is ${taken(module.choice)}`,
          ]
        : ["the built-in serves from now on", "the built-in serves this pass"];
    if (struck.out) this.log.error(facts, `POLICY_STRUCK_OUT: ${said} (${fault.code}); ${forGood}`);
    else this.log.warn(facts, `policy struck: ${said}; ${once}`);
  }

  kindOf(number: number): PolicyKind | undefined {
    const all = [...this.served.values(), ...[...this.earlier.values()].flat()];
    return all.find((served) => served?.number === number)?.kind;
  }

  /** Adds what a pass has used. */
  used(uses: readonly ModuleUse[]): void {
    for (const { number, calls, usedUs } of uses) {
      const module = [...this.served.values()].find((served) => served.number === number);
      if (module === undefined) continue;
      module.calls += calls;
      module.usedUs += usedUs;
    }
  }

  get strikes(): number {
    let sum = 0;
    for (const { strikes } of this.book.values()) sum += strikes;
    return sum;
  }

  /** What serves the kind; undefined where nothing does. */
  choice(kind: ServedKind): PolicyChoice | undefined {
    return this.served.get(kind)?.choice;
  }

  views(): ClusterView["policies"] {
    return this.details().map(({ kind, name, version, strikes, out }) => ({
      kind,
      name,
      version,
      strikes,
      out,
    }));
  }

  details(): readonly PolicyView[] {
    return [...this.served.values()].map((served) => this.view(served));
  }

  private serve(kind: ServedKind, module: Served | undefined): void {
    if (module === undefined) this.served.delete(kind);
    else this.served.set(kind, module);
    if (kind !== "admission") this.generation++;
    const { manifest, sha256, choice } = module ?? {};
    const facts = {
      kind,
      policy: manifest?.name,
      version: manifest?.version,
      module: choice?.module,
      sha256,
    };
    this.log.info(
      { ...facts, parameters: choice?.parameters },
      `policy serves from the next ${kind === "admission" ? "submission" : "pass"} on`,
    );
  }

  private async check(
    kind: ServedKind,
    choice: PolicyChoice,
    given: Uint8Array | undefined,
    more: Pick<Served, "origin" | "sinceS">,
  ): Promise<Result<Served>> {
    const checked = await checkModule(kind, choice, given, this.config.trust);
    if (!checked.ok) return checked;
    return ok({ kind, number: this.nextNumber++, choice, ...more, ...checked.value, calls: 0, usedUs: 0 });
  }

  private view(served: Served): PolicyView {
    const { kind, number, choice, manifest, sha256, signedBy, origin, sinceS, calls, usedUs } = served;
    const struck = this.book.get(number);
    const stack = this.earlier.get(kind);
    const earlier = stack === undefined || stack.length === 0 ? undefined : (nameOf(stack.at(-1)) ?? "none");
    return {
      kind,
      name: manifest.name,
      version: manifest.version,
      abi: manifest.abi,
      doc: manifest.doc,
      module: choice.module,
      sha256,
      signedBy,
      parameters: manifest.parameters.map((parameter) => ({
        ...parameter,
        value: choice.parameters[parameter.name] ?? parameter.default,
      })),
      ...(choice.partitions === undefined ? {} : { partitions: choice.partitions }),
      ...(kind === "admission" ? { onFault: choice.onFault ?? "refuse" } : {}),
      columns: manifest.columns,
      origin,
      sinceS,
      calls,
      usedUs,
      strikes: struck?.strikes ?? 0,
      out: isOut(this.book, number),
      ...(struck === undefined
        ? {}
        : { lastFault: { code: struck.lastFault.code, message: struck.lastFault.message } }),
      ...(earlier === undefined ? {} : { earlier }),
    };
  }
}

const specOf = ({ number, bytes, choice }: Served): ModuleSpec => ({
  number,
  source: bytes,
  parameters: choice.parameters,
  ...(choice.partitions === undefined ? {} : { partitions: choice.partitions }),
});

const taken = ({ onFault }: PolicyChoice): string => (onFault === "admit" ? "admitted" : "refused");

const nameOf = (served: Served | undefined): string | undefined =>
  served === undefined ? undefined : `${served.manifest.name} ${served.manifest.version}`;
