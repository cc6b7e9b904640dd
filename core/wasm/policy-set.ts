/**
 * The policies of one pass worker: the configured modules with the built-in ones behind them. Opened once a worker from
 * a specification that crosses threads, and seeded before every pass. Never decides what a fault leads to: it hands the
 * faults to its caller.
 */
import { type ErrorCode, RotaError } from "../model/errors.ts";
import type { PartitionParameters, PolicyFault, PolicyKind, PolicyParameters } from "../model/policy.ts";
import type { Result } from "../model/refusal.ts";
import type { CallMarker } from "./active-module.ts";
import type { FuelBudget } from "./fuel/tank.ts";
import type { InstanceOptions, PassPartition, Seeded } from "./instance.ts";
import { loadPolicyModule, type PolicyModule } from "./module.ts";
import { instantiatePlacement, type SeededPlacement } from "./placement.ts";
import { instantiatePreemption, type SeededPreemption } from "./preemption.ts";
import { instantiatePriority, type SeededPriority } from "./priority.ts";
import { instantiateTopology, type SeededTopology } from "./topology.ts";

/** One module of a set; survives structured cloning. */
export interface ModuleSpec {
  /** 1 or more, different for each module: what marker and strikes call it. */
  readonly number: number;
  /** The binary, or the path of a file that holds it. */
  readonly source: Uint8Array | string;
  readonly parameters: PolicyParameters;
  /** Values that partitions have for themselves. */
  readonly partitions?: PartitionParameters;
}

export interface PolicyKinds<
  T extends { priority: unknown; placement: unknown; topology: unknown; preemption: unknown },
> {
  readonly priority: T["priority"];
  readonly placement: T["placement"];
  readonly topology?: T["topology"];
  /** Absent where nothing is preempted. */
  readonly preemption?: T["preemption"];
}

type Each<T> = { priority: T; placement: T; topology: T; preemption: T };
type Specs = Each<ModuleSpec>;
type Policies = {
  priority: SeededPriority;
  placement: SeededPlacement;
  topology: SeededTopology;
  preemption: SeededPreemption;
};

/** What a pass worker is given; a kind that the configuration leaves out is served by its built-in. */
export interface PolicySetSpec {
  readonly chosen: Partial<PolicyKinds<Specs>>;
  readonly builtin: PolicyKinds<Specs>;
  /** Pages of 64 KiB that each module's memory may have; none for what it declares. */
  readonly maxPages?: number;
  /** Of chosen modules that have fuel injected; default DEFAULT_FUEL. */
  readonly fuel?: FuelBudget;
}

export interface SetFault {
  readonly kind: PolicyKind;
  readonly number: number;
  readonly fault: PolicyFault;
}

export interface PolicySet extends PolicyKinds<Policies> {
  readonly builtin: PolicyKinds<Policies>;
  /** Number of the module behind each policy, for strikes. */
  readonly numbers: PolicyKinds<Each<number>>;
  /** Chosen modules that could not be opened; their built-in stands in their place. */
  readonly refused: readonly SetFault[];
  /**
   * Before every pass: starts the random numbers of all modules from the seed, an integer. The pass's partitions have the
   * values that some have for themselves.
   */
  reseed(seed: number, partitions?: readonly PassPartition[]): void;
}

export interface PolicySetOptions {
  readonly marker?: CallMarker;
  readonly log?: (module: string, line: string) => void;
}

/** Opens all modules; throws a RotaError when a built-in cannot be opened, as then the installation is broken. */
export function openPolicySet(spec: PolicySetSpec, options: PolicySetOptions = {}): PolicySet {
  const refused: SetFault[] = [];
  const opener = new Opener(spec, options, refused);
  const builtin = {
    priority: opener.builtin("priority", spec.builtin.priority, instantiatePriority),
    placement: opener.builtin("placement", spec.builtin.placement, instantiatePlacement),
    ...(spec.builtin.topology && {
      topology: opener.builtin("topology", spec.builtin.topology, instantiateTopology),
    }),
    ...(spec.builtin.preemption && {
      preemption: opener.builtin("preemption", spec.builtin.preemption, instantiatePreemption),
    }),
  };
  const { chosen } = spec;
  const priority = opener.chosen("priority", chosen.priority, instantiatePriority);
  const placement = opener.chosen("placement", chosen.placement, instantiatePlacement);
  const topology = opener.chosen("topology", chosen.topology, instantiateTopology);
  const preemption = opener.chosen("preemption", chosen.preemption, instantiatePreemption);
  const preemptionServed = preemption ?? builtin.preemption;
  const preemptionNumber =
    preemption === undefined ? spec.builtin.preemption?.number : chosen.preemption?.number;
  const topologyServed = topology ?? builtin.topology;
  const topologyNumber = topology === undefined ? spec.builtin.topology?.number : chosen.topology?.number;
  return {
    priority: priority ?? builtin.priority,
    placement: placement ?? builtin.placement,
    ...(topologyServed && { topology: topologyServed }),
    ...(preemptionServed && { preemption: preemptionServed }),
    builtin,
    numbers: {
      priority: (priority && chosen.priority?.number) ?? spec.builtin.priority.number,
      placement: (placement && chosen.placement?.number) ?? spec.builtin.placement.number,
      ...(topologyNumber !== undefined && { topology: topologyNumber }),
      ...(preemptionNumber !== undefined && { preemption: preemptionNumber }),
    },
    refused,
    reseed: (seed, partitions) => opener.reseed(seed, partitions),
  };
}

type Instantiate<T> = (
  module: PolicyModule,
  parameters: PolicyParameters,
  options: InstanceOptions,
) => Result<T>;

class Opener {
  readonly #spec: PolicySetSpec;
  readonly #options: PolicySetOptions;
  readonly #refused: SetFault[];
  readonly #opened: Seeded[] = [];

  constructor(spec: PolicySetSpec, options: PolicySetOptions, refused: SetFault[]) {
    this.#spec = spec;
    this.#options = options;
    this.#refused = refused;
  }

  builtin<T extends Seeded>(kind: PolicyKind, module: ModuleSpec, make: Instantiate<T>): T {
    const opened = this.#open(kind, module, make);
    if (opened.ok) return opened.value;
    const code: ErrorCode = opened.refusal.code;
    throw new RotaError(code, `the built-in ${kind} policy cannot be opened: ${opened.refusal.message}`);
  }

  chosen<T extends Seeded>(
    kind: PolicyKind,
    module: ModuleSpec | undefined,
    make: Instantiate<T>,
  ): T | undefined {
    if (module === undefined) return undefined;
    const opened = this.#open(kind, module, make);
    if (opened.ok) return opened.value;
    const { code, message } = opened.refusal;
    this.#refused.push({ kind, number: module.number, fault: { code, message } });
    return undefined;
  }

  reseed(seed: number, partitions?: readonly PassPartition[]): void {
    for (const policy of this.#opened) policy.reseed(seed, partitions);
  }

  #open<T extends Seeded>(
    kind: PolicyKind,
    { number, source, parameters, partitions }: ModuleSpec,
    make: Instantiate<T>,
  ): Result<T> {
    const loaded = loadPolicyModule(source, kind);
    if (!loaded.ok) return loaded;
    const { maxPages, fuel } = this.#spec;
    const { marker, log } = this.#options;
    const opened = make(loaded.value, parameters, {
      number,
      seed: 0,
      ...(marker && { marker }),
      ...(log && { log }),
      ...(partitions && { partitions }),
      ...(maxPages !== undefined && { maxPages }),
      ...(fuel !== undefined && { fuel }),
    });
    if (opened.ok) this.#opened.push(opened.value);
    return opened;
  }
}
