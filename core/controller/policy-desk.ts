/**
 * Which policy modules serve, and what stands against them: the chosen ones of the configuration with the built-in
 * ones behind them, and the book of strikes. Checks each module when the controller starts, so that a wrong one is
 * refused with its reason then and not in a pass. Runs no module.
 */
import type { Logger } from "pino";
import type { PolicyChoice, PolicyFault, PolicyKind } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import type { ClusterView } from "../model/views.ts";
import { loadPolicyModule } from "../wasm/module.ts";
import type { ModuleSpec, PolicySetSpec } from "../wasm/policy-set.ts";
import { emptyStrikeBook, isOut, type StrikeBook, strike } from "../wasm/strikes.ts";
import { builtModulePath } from "./built-file.ts";
import type { ConfiguredPolicies } from "./config-policies.ts";

type ServedKind = "priority" | "placement" | "topology" | "preemption";

/** Numbers of the built-in modules; the chosen ones follow. */
const BUILTIN: Readonly<Record<ServedKind, { readonly number: number; readonly name: string }>> = {
  priority: { number: 1, name: "fifo" },
  placement: { number: 2, name: "pack" },
  topology: { number: 3, name: "tree" },
  preemption: { number: 4, name: "cheapest" },
};
const FIRST_CHOSEN = 5;

interface Served {
  readonly kind: ServedKind;
  readonly number: number;
  readonly choice: PolicyChoice;
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

export class PolicyDesk {
  readonly spec: PolicySetSpec;
  private readonly served: readonly Served[];
  private readonly log: Logger;
  private book: StrikeBook = emptyStrikeBook;

  private constructor(served: readonly Served[], config: ConfiguredPolicies, log: Logger) {
    this.served = served;
    this.log = log;
    const builtin = (kind: ServedKind): ModuleSpec => ({
      number: BUILTIN[kind].number,
      source: builtModulePath(kind, BUILTIN[kind].name),
      parameters: {},
    });
    this.spec = {
      chosen: Object.fromEntries(
        served.map(({ kind, number, path, choice }) => [
          kind,
          { number, source: path, parameters: choice.parameters },
        ]),
      ),
      builtin: {
        priority: builtin("priority"),
        placement: builtin("placement"),
        ...(config.topology === undefined ? {} : { topology: builtin("topology") }),
        ...(config.preemption === undefined ? {} : { preemption: builtin("preemption") }),
      },
    };
  }

  /** Checks all chosen modules; the refusal is that of the first that cannot serve. */
  static open(config: ConfiguredPolicies, log: Logger): Result<PolicyDesk> {
    const choices = [
      config.priority,
      config.placement,
      ...(config.topology === undefined ? [] : [config.topology]),
      ...(config.preemption === undefined ? [] : [config.preemption]),
    ];
    const served: Served[] = [];
    for (const choice of choices) {
      const kind = choice.kind as ServedKind;
      const path = choice.module.endsWith(".wasm") ? choice.module : builtModulePath(kind, choice.module);
      const loaded = loadPolicyModule(path, kind);
      if (!loaded.ok) {
        return {
          ok: false,
          refusal: {
            ...loaded.refusal,
            message: `${kind} policy ${choice.module}: ${loaded.refusal.message}`,
          },
        };
      }
      const { name, version } = loaded.value.manifest;
      served.push({ kind, number: FIRST_CHOSEN + served.length, choice, path, name, version });
    }
    return ok(new PolicyDesk(served, config, log));
  }

  /** Kinds whose chosen module is out; the built-in serves them. */
  get out(): readonly PolicyKind[] {
    return this.served.filter(({ number }) => isOut(this.book, number)).map(({ kind }) => kind);
  }

  /** One strike against the module with this number; built-in modules are struck too, which is a bug worth a log line. */
  strike(number: number, fault: PolicyFault): void {
    const struck = strike(this.book, number, fault);
    this.book = struck.book;
    const module = this.served.find((served) => served.number === number);
    const facts = {
      module: module?.path ?? `built-in ${number}`,
      kind: module?.kind,
      code: fault.code,
      strikes: struck.strikes,
    };
    if (struck.out)
      this.log.error(facts, `POLICY_STRUCK_OUT: ${fault.message}; the built-in serves from now on`);
    else this.log.warn(facts, `policy struck: ${fault.message}; the built-in serves this pass`);
  }

  kindOf(number: number): PolicyKind | undefined {
    return this.served.find((served) => served.number === number)?.kind;
  }

  get strikes(): number {
    let sum = 0;
    for (const { strikes } of this.book.values()) sum += strikes;
    return sum;
  }

  views(): ClusterView["policies"] {
    return this.served.map(({ kind, name, version, number }) => ({
      kind,
      name,
      version,
      strikes: this.book.get(number)?.strikes ?? 0,
      out: isOut(this.book, number),
    }));
  }
}
