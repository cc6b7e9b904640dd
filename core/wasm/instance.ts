/**
 * One running copy of a policy module: its memory, its imports, its parameters and the guard around every call into it.
 * Made in a pass worker. A trap never leaves this file as an exception: it becomes a fault, and the copy is not entered
 * again until it is made anew.
 */
import type { PartitionParameters, PolicyFault, PolicyParameters } from "../model/policy.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { CallMarker } from "./active-module.ts";
import { FUEL_EXPORT, START_EXPORT } from "./fuel/names.ts";
import { DEFAULT_FUEL, type FuelBudget, FuelTank } from "./fuel/tank.ts";
import { BLOCK_ALIGNMENT } from "./generated/abi.ts";
import { type StringReader, stringReader } from "./loader.ts";
import type { PolicyModule } from "./module.ts";
import { type ParameterSets, type ParameterValues, parameterSets } from "./parameter-sets.ts";
import { type SeededRandom, seededRandom } from "./random.ts";
import { wildScores } from "./wild-scores.ts";

/** Log lines of a module that are kept for each seeding; later ones are dropped. */
export const MAX_LOG_LINES = 100;

export interface InstanceOptions {
  /** 1 or more; what the marker shows while the worker is in the module. */
  readonly number: number;
  /** Integer; where the module's random numbers start. */
  readonly seed: number;
  readonly marker?: CallMarker;
  /** Of a module that fuel was injected into; default DEFAULT_FUEL. */
  readonly fuel?: FuelBudget | undefined;
  /** Pages of 64 KiB that its memory may have, where that is less than it declares. */
  readonly maxPages?: number;
  readonly log?: (module: string, line: string) => void;
  /** Values of parameters that partitions have for themselves. */
  readonly partitions?: PartitionParameters;
}

/** A partition of a pass. */
export interface PassPartition {
  readonly name: string;
}

const NONE: readonly never[] = [];

/** What every policy that is made of a module has beside what its stage asks of it. */
export interface Seeded {
  /** Before every pass, with an integer and the pass's partitions. */
  reseed(seed: number, partitions?: readonly PassPartition[]): void;
  /** Units of fuel since then; 0 of a module that has none injected. */
  readonly fuelUsed: number;
}

type Export = (...args: number[]) => number;

export class ModuleInstance {
  readonly module: PolicyModule;
  /** By partition. */
  readonly sets: ParameterSets;
  #values: ParameterValues;
  #byPartition: readonly ParameterValues[] = NONE;
  readonly #options: InstanceOptions;
  readonly #random: SeededRandom;
  readonly #tank: FuelTank;
  #exports: Readonly<Record<string, Export>> = {};
  #memory: WebAssembly.Memory | undefined;
  #strings: StringReader | undefined;
  #anyWild: ReturnType<typeof wildScores> | undefined;
  #logLines = 0;
  #fault: PolicyFault | undefined;

  private constructor(module: PolicyModule, sets: ParameterSets, options: InstanceOptions) {
    this.module = module;
    this.sets = sets;
    this.#values = sets.cluster;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#tank = new FuelTank(options.fuel ?? DEFAULT_FUEL);
  }

  /** Instantiates the module and sets its parameters, refusing with the code of what went wrong. */
  static open(
    module: PolicyModule,
    parameters: PolicyParameters,
    options: InstanceOptions,
  ): Result<ModuleInstance> {
    const sets = parameterSets(module.manifest, parameters, options.partitions);
    if (!sets.ok) return sets;
    const limit = options.maxPages ?? module.maxPages;
    if (module.minPages > limit) {
      return refuse(
        "POLICY_MEMORY",
        `${module.manifest.name} begins with ${module.minPages} pages; it may have ${limit}`,
      );
    }
    const instance = new ModuleInstance(module, sets.value, options);
    const fault = instance.restart();
    return fault === undefined ? ok(instance) : refuse(fault.code, fault.message);
  }

  get name(): string {
    return this.module.manifest.name;
  }

  /** Why the copy is not entered any more; undefined while it is sound. */
  get fault(): PolicyFault | undefined {
    return this.#fault;
  }

  /** Whether any of `count` 32-bit floats from byte `from` of its memory on is NaN or infinite. */
  anyWild(from: number, count: number): boolean {
    this.#anyWild ??= wildScores(this.#memory!);
    return this.#anyWild(from, count) !== 0;
  }

  get memory(): ArrayBuffer {
    if (this.#memory === undefined) throw new Error("the module has not been instantiated");
    return this.#memory.buffer;
  }

  /** Units of fuel since the last seeding; 0 of a module that has none injected. */
  get fuelUsed(): number {
    return this.#tank.used;
  }

  /** Makes the copy anew with fresh memory; its random numbers go on where they were. */
  restart(): PolicyFault | undefined {
    this.#fault = undefined;
    this.#strings = undefined;
    const { module } = this;
    const maximum = Math.min(module.maxPages, this.#options.maxPages ?? module.maxPages);
    this.#anyWild = undefined;
    this.#memory = new WebAssembly.Memory({ initial: module.minPages, maximum });
    const imports = { env: { memory: this.#memory, ...this.#functions() } };
    this.#enter();
    try {
      // A copy, as looking a name up in the engine's own record is slow.
      const exports = { ...new WebAssembly.Instance(module.wasm, imports).exports };
      this.#tank.connect(exports[FUEL_EXPORT] as WebAssembly.Global | undefined);
      this.#exports = exports as Record<string, Export>;
    } catch (error) {
      this.#trapped(error, "its start");
    } finally {
      this.#leave();
    }
    if (this.#fault === undefined && START_EXPORT in this.#exports) this.call(START_EXPORT, 0);
    for (const [index, value] of this.#values.entries()) {
      // Texts cross in a message, which their kind's own host lays out.
      if (this.#fault === undefined && typeof value === "number") this.call("setParameter", index, value);
    }
    return this.#fault;
  }

  /** Values of the parameters that are set, in the manifest's order. */
  get values(): ParameterValues {
    return this.#values;
  }

  /** Whether some partition has values of its own. */
  get hasPartitions(): boolean {
    return this.sets.partitions.size > 0;
  }

  /** Sets the values of a partition of the pass by its index; the cluster's where there is none. */
  usePartition(index: number): void {
    if (this.hasPartitions) this.select(this.valuesOf(index));
  }

  /** Values that hold in a partition of the pass. */
  valuesOf(index: number): ParameterValues {
    return this.#byPartition[index] ?? this.sets.cluster;
  }

  /** Sets other values, one of `sets`; gives the places of texts that differ, which the caller has to bring over. */
  select(values: ParameterValues): readonly number[] {
    if (values === this.#values) return NONE;
    const before = this.#values;
    this.#values = values;
    const texts: number[] = [];
    for (const [index, value] of values.entries()) {
      if (value === before[index]) continue;
      if (typeof value === "string") texts.push(index);
      else if (this.#fault === undefined) this.call("setParameter", index, value);
    }
    return texts;
  }

  /**
   * Starts the random numbers, the fuel and the allowance of log lines over, as before every pass. `partitions` are those of the pass
   * in their order, where it knows them.
   */
  reseed(seed: number, partitions: readonly PassPartition[] = NONE): void {
    const { sets } = this;
    if (sets.partitions.size > 0)
      this.#byPartition = partitions.map(({ name }) => sets.partitions.get(name) ?? sets.cluster);
    this.#random.reseed(seed);
    this.#tank.refill();
    this.#logLines = 0;
  }

  /** Calls an export that the ABI names. After a fault, `fault` is set and the number means nothing. */
  call(name: string, first: number, second = 0, third = 0): number {
    const tank = this.#tank;
    const refused = this.#refusal();
    if (refused !== undefined) {
      this.#fault = refused;
      return Number.NaN;
    }
    this.#enter();
    try {
      const answer = this.#exports[name]!(first, second, third);
      tank.close();
      return answer;
    } catch (error) {
      this.#trapped(error, name);
      return Number.NaN;
    } finally {
      this.#leave();
    }
  }

  /** Asks an export for a block of so many bytes, of `room` in the export's own measure; gives its address, checked. */
  allocate(name: string, room: number, bytes: number): number | PolicyFault {
    const base = this.call(name, room) >>> 0;
    if (this.#fault !== undefined) return this.#fault;
    const isRight = base > 0 && base % BLOCK_ALIGNMENT === 0 && base + bytes <= this.memory.byteLength;
    if (isRight) return base;
    return this.fail("POLICY_MEMORY", `${name} gave a block at ${base}, outside its memory or not aligned`);
  }

  /** Records what was wrong with an answer; the copy is not entered again until it is made anew. */
  fail(code: PolicyFault["code"], what: string): PolicyFault {
    this.#fault = { code, message: `${this.name}: ${what}` };
    return this.#fault;
  }

  #enter(): void {
    this.#options.marker?.enter(this.#options.number);
  }

  #leave(): void {
    this.#options.marker?.leave();
  }

  /** Why the module gets no call any more in this pass. */
  #refusal(): PolicyFault | undefined {
    const { name } = this;
    if (!this.#tank.open())
      return { code: "POLICY_OUT_OF_FUEL", message: `${name}: ${spentPass(this.#tank.budget)}` };
    const overMs = this.#options.marker?.overBudgetMs?.(this.#options.number);
    if (overMs === undefined) return undefined;
    return { code: "POLICY_OVER_BUDGET", message: `${name}: took more than ${overMs} ms of one pass` };
  }

  #trapped(error: unknown, during: string): void {
    const tank = this.#tank;
    if (!tank.isDry) {
      this.fail("POLICY_TRAP", error instanceof Error ? error.message : "the module threw a value");
      return;
    }
    const { budget } = tank;
    const ofCall = `used more than ${budget.callUnits} units of fuel in one call of ${during}`;
    this.fail("POLICY_OUT_OF_FUEL", tank.endedPass ? spentPass(budget) : ofCall);
  }

  #functions(): Readonly<Record<string, (...args: number[]) => number | undefined>> {
    const { log } = this.#options;
    return {
      random: () => this.#random.next(),
      log: (message = 0) => {
        if (log !== undefined && this.#logLines++ < MAX_LOG_LINES) log(this.name, this.#read(message));
        return undefined;
      },
      abort: (message = 0, file = 0, line = 0, column = 0) => {
        throw new Error(`abort: ${this.#read(message)} at ${this.#read(file)}:${line}:${column}`);
      },
    };
  }

  #read(address: number): string {
    if (this.#memory === undefined) return "";
    this.#strings ??= stringReader(this.#memory);
    return this.#strings(address);
  }
}

const spentPass = ({ passUnits }: FuelBudget): string =>
  `used more than ${passUnits} units of fuel in one pass`;
