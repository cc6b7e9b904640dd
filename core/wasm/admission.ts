/**
 * An admission module as the controller sees it: one call a submission or update, the answer checked whole. Runs in the
 * admission worker. The copy is made anew once its memory has grown, since strings that it makes are not freed.
 */
import type { AdmissionAnswer, AdmissionQuestion } from "../model/admission.ts";
import type { PolicyFault, PolicyParameters } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import { type InstanceOptions, ModuleInstance } from "./instance.ts";
import type { PolicyModule } from "./module.ts";
import { type FieldFilter, messageBytes, readAnswer, writeMessage } from "./submission-message.ts";

/** Room for a usual submission; a longer one has a block of its own. */
const BLOCK_BYTES = 65_536;
const SEED = 0;
/** Growth of its memory, past which the copy is made anew before the next call. */
const MAX_GROWTH_BYTES = 4_194_304;

export class WasmAdmission {
  readonly name: string;
  readonly #instance: ModuleInstance;
  readonly #reads: FieldFilter;
  readonly #readsEnvironment: boolean;
  #base = 0;
  #room = 0;
  #bytesAtStart = 0;

  constructor(instance: ModuleInstance) {
    this.#instance = instance;
    this.name = instance.name;
    const { columns } = instance.module.manifest;
    this.#reads = ({ name }) => columns.includes(name);
    this.#readsEnvironment = columns.includes("environment");
  }

  /** What the policy makes of it, or the fault. */
  judge(question: AdmissionQuestion): { readonly answer: AdmissionAnswer } | { readonly fault: PolicyFault } {
    const asked = this.#readsEnvironment ? question : { ...question, environment: {} };
    // Each submission is judged alone: with the same random numbers and all of the fuel.
    this.#instance.reseed(SEED);
    const bytes = messageBytes(asked, this.#reads);
    const fault = this.#prepare(bytes) ?? this.#select(question.partition);
    if (fault !== undefined) return { fault };
    const instance = this.#instance;
    const isUpdate = question.present !== undefined;
    writeMessage(instance.memory, this.#base, asked, this.#reads);
    instance.call(isUpdate ? "modify" : "submit", 0);
    if (instance.fault !== undefined) return { fault: instance.fault };
    const answer = readAnswer(instance.memory, this.#base, isUpdate, instance.module.abiMinor);
    return typeof answer === "string" ? { fault: instance.fail("POLICY_BAD_CHANGE", answer) } : { answer };
  }

  /** A sound copy with its texts set and room for a message. */
  #prepare(bytes: number): PolicyFault | undefined {
    const instance = this.#instance;
    const isNew = this.#room === 0;
    const hasGrown = !isNew && instance.memory.byteLength - this.#bytesAtStart > MAX_GROWTH_BYTES;
    if (instance.fault !== undefined || hasGrown) {
      this.#room = 0;
      const fault = instance.restart();
      if (fault !== undefined) return fault;
    }
    if (this.#room === 0) {
      const fault = this.#allocate(Math.max(bytes, BLOCK_BYTES)) ?? this.#setTexts();
      this.#bytesAtStart = instance.memory.byteLength;
      return fault;
    }
    return bytes > this.#room ? this.#allocate(bytes) : undefined;
  }

  #allocate(bytes: number): PolicyFault | undefined {
    const base = this.#instance.allocate("allocate", bytes, bytes);
    if (typeof base !== "number") return base;
    this.#base = base;
    this.#room = bytes;
    return undefined;
  }

  /** The values of the partition, or the cluster's. */
  #select(partition: string | undefined): PolicyFault | undefined {
    const { sets } = this.#instance;
    const own = partition === undefined ? undefined : sets.partitions.get(partition);
    const texts = this.#instance.select(own ?? sets.cluster);
    return this.#instance.fault ?? (texts.length === 0 ? undefined : this.#setTexts());
  }

  #setTexts(): PolicyFault | undefined {
    const instance = this.#instance;
    for (const [index, value] of instance.values.entries()) {
      if (typeof value !== "string") continue;
      const bytes = Buffer.from(instance.memory).write(value, this.#base, "utf16le");
      instance.call("setText", index, bytes / 2);
      if (instance.fault !== undefined) return instance.fault;
    }
    return undefined;
  }
}

/** Refuses parameters out of range and modules that trap while they start. */
export function instantiateAdmission(
  module: PolicyModule,
  parameters: PolicyParameters,
  options: InstanceOptions,
): Result<WasmAdmission> {
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmAdmission(opened.value)) : opened;
}
