/**
 * Writes the counting of fuel into a module: every function and every round of a loop takes what its instructions cost
 * from a global before they run, and traps when there is not enough left. What a call takes depends on the module and its
 * input alone, so that a budget is the same on every machine and in every replay. Runs in the metering thread.
 */
import type { Accessors, Binaryen, Expression, FunctionRef, Module } from "./binaryen.ts";
import {
  BYTES_SHIFT,
  HOST_CALL_COST,
  type Instruction,
  InstructionTable,
  SLOW_COST,
} from "./instructions.ts";
import { FUEL_EXPORT, START_EXPORT } from "./names.ts";

/** A branch that costs less is charged with what stands around it, taken or not. */
const MIN_BRANCH_COST = 24;
/** Of a function's nesting: the injection follows it by recursion. */
const MAX_DEPTH = 1000;

/** The module with fuel, or a sentence why it cannot be given any. */
export function injectFuel(binaryen: Binaryen, bytes: Uint8Array): Uint8Array | string {
  const table = new InstructionTable(binaryen);
  const module = binaryen.readBinaryWithFeatures(bytes, table.features);
  try {
    module.setFeatures(table.features);
    if (module.validate() !== 1) return "the module uses instructions that budgets cannot be held for";
    for (const export_ of [FUEL_EXPORT, START_EXPORT])
      if (module.getExport(export_) !== 0) return `the module exports ${export_}, which is the host's`;
    let name = FUEL_EXPORT;
    while (module.getGlobal(name) !== 0) name += "_";
    const functions = Array.from({ length: module.getNumFunctions() }, (_, i) =>
      module.getFunctionByIndex(i),
    );
    const imported = new Set<string>();
    for (const func of functions) {
      const { name: own, base } = binaryen.getFunctionInfo(func);
      if (base) imported.add(own);
    }
    for (const func of functions) new Metering(binaryen, module, table, name, imported).meter(func);
    module.addGlobal(name, binaryen.i32, true, module.i32.const(0));
    module.addGlobalExport(name, FUEL_EXPORT);
    const start = module.getStart();
    if (start !== 0) {
      module.addFunctionExport(binaryen.getFunctionInfo(start).name, START_EXPORT);
      module.setStart(0);
    }
    return module.emitBinary();
  } catch (error) {
    if (error instanceof NotMetered) return error.message;
    throw error;
  } finally {
    module.dispose();
  }
}

class NotMetered extends Error {}

/** What is charged at one place. */
interface Scope {
  cost: number;
}

/** One function. Where it has loops the fuel is in a local between calls of others, which the engine keeps in a register. */
class Metering {
  readonly #binaryen: Binaryen;
  readonly #module: Module;
  readonly #table: InstructionTable;
  readonly #global: string;
  readonly #imported: ReadonlySet<string>;
  #func: FunctionRef = 0;
  /** The local that holds the fuel; undefined where the global is used. */
  #local: number | undefined;

  constructor(
    binaryen: Binaryen,
    module: Module,
    table: InstructionTable,
    global: string,
    imported: ReadonlySet<string>,
  ) {
    this.#binaryen = binaryen;
    this.#module = module;
    this.#table = table;
    this.#global = global;
    this.#imported = imported;
  }

  meter(func: FunctionRef): void {
    const binaryen = this.#binaryen;
    const { base, body, results, name } = binaryen.getFunctionInfo(func);
    if (base) return;
    this.#func = func;
    const survey = { loops: 0 };
    this.#survey(body, survey, 0, name);
    if (survey.loops > 0) this.#local = this.#addLocal(binaryen.i32);
    const scope: Scope = { cost: 0 };
    const metered = this.#rewrite(body, scope);
    binaryen.Function.setBody(func, this.#whole(metered, Math.max(scope.cost, 1), results));
  }

  /** The body between taking the fuel and giving back what is left. */
  #whole(body: Expression, cost: number, results: number): Expression {
    const module = this.#module;
    const local = this.#local;
    if (local === undefined) return this.#after(this.#charge(cost), body);
    const { i32, none, unreachable } = this.#binaryen;
    const take = module.local.set(local, module.global.get(this.#global, i32));
    const begin = [take, this.#charge(cost)];
    const type = this.#binaryen.getExpressionType(body);
    if (type === unreachable) return module.block(null, [...begin, body]);
    if (results === none) return module.block(null, [...begin, body, this.#giveBack(local)]);
    return module.block(null, [...begin, this.#keeping(body, type, this.#giveBack(local))]);
  }

  /** Counts loops, and finds what cannot be metered. */
  #survey(expression: Expression, found: { loops: number }, depth: number, name: string): void {
    if (depth > MAX_DEPTH) throw new NotMetered(`function ${name} is nested deeper than ${MAX_DEPTH}`);
    const id = this.#binaryen.getExpressionId(expression);
    const { ids } = this.#table;
    const instruction = this.#table.of(id);
    if (instruction === undefined)
      throw new NotMetered(
        `function ${name} has an instruction (number ${id}) that budgets cannot be held for`,
      );
    if (id === ids["Loop"]) found.loops++;
    this.#eachChild(expression, instruction, (child) => this.#survey(child, found, depth + 1, name));
  }

  /** Adds the cost to the scope, charges loops and long branches by themselves; gives what stands in its place. */
  #rewrite(expression: Expression, scope: Scope): Expression {
    const { ids } = this.#table;
    const id = this.#binaryen.getExpressionId(expression);
    const instruction = this.#table.of(id)!;
    scope.cost += this.#costOf(expression, id, instruction.cost);
    this.#eachChild(expression, instruction, (child, field, replace) => {
      const isLoop = id === ids["Loop"];
      const isBranch = isLoop || (id === ids["If"] && field !== "Condition");
      const placed = isBranch
        ? this.#branch(child, scope, isLoop ? 0 : MIN_BRANCH_COST)
        : this.#rewrite(child, scope);
      if (placed !== child) replace(placed);
    });
    if (instruction.children.includes("Size")) this.#chargeBytes(expression, instruction);
    if (this.#local === undefined) return expression;
    if (id === ids["Return"]) return this.#returning(expression, this.#local);
    return this.#takesFuel(expression, id) ? this.#calling(expression, id, this.#local) : expression;
  }

  #eachChild(
    expression: Expression,
    { name, children, list }: Instruction,
    visit: (child: Expression, field: string, replace: (child: Expression) => void) => void,
  ): void {
    const accessors = this.#accessors(name);
    for (const field of children) {
      const child = accessors[`get${field}`]!(expression);
      if (child !== 0) visit(child, field, (placed) => accessors[`set${field}`]!(expression, placed));
    }
    if (list === undefined) return;
    const count = accessors[`getNum${list.all}`]!(expression);
    for (let i = 0; i < count; i++) {
      const child = accessors[`get${list.one}At`]!(expression, i);
      visit(child, list.one, (placed) => accessors[`set${list.one}At`]!(expression, i, placed));
    }
  }

  #accessors(name: string): Accessors {
    return (this.#binaryen as unknown as Readonly<Record<string, Accessors>>)[name] ?? {};
  }

  #branch(child: Expression, outer: Scope, least: number): Expression {
    const scope: Scope = { cost: 0 };
    const placed = this.#rewrite(child, scope);
    if (scope.cost < least) {
      outer.cost += scope.cost;
      return placed;
    }
    return this.#after(this.#charge(Math.max(scope.cost, 1)), placed);
  }

  /** Whether it is a call of a function that takes fuel itself. */
  #takesFuel(expression: Expression, id: number): boolean {
    const { ids } = this.#table;
    if (id !== ids["Call"]) return id === ids["CallIndirect"];
    return !this.#imported.has(this.#binaryen.Call.getTarget(expression));
  }

  /** A call, with the fuel in the global meanwhile: given back after its operands were reckoned, taken again after it. */
  #calling(expression: Expression, id: number, local: number): Expression {
    const module = this.#module;
    const { i32, none, unreachable } = this.#binaryen;
    const accessors = this.#accessors(id === this.#table.ids["Call"] ? "Call" : "CallIndirect");
    const count = accessors["getNumOperands"]!(expression);
    const isDirect = id === this.#table.ids["Call"];
    // Of an indirect call the target is reckoned last.
    const last = isDirect
      ? count === 0
        ? 0
        : accessors["getOperandAt"]!(expression, count - 1)
      : accessors["getTarget"]!(expression);
    const lastType = last === 0 ? none : this.#binaryen.getExpressionType(last);
    if (lastType === unreachable) return expression;
    const before: Expression[] = [];
    if (last === 0) before.push(this.#giveBack(local));
    else {
      const kept = this.#keeping(last, lastType, this.#giveBack(local));
      if (isDirect) accessors["setOperandAt"]!(expression, count - 1, kept);
      else accessors["setTarget"]!(expression, kept);
    }
    const type = this.#binaryen.getExpressionType(expression);
    if (type === unreachable) return module.block(null, [...before, expression], type);
    const retake = module.local.set(local, module.global.get(this.#global, i32));
    if (type === none) return module.block(null, [...before, expression, retake]);
    return module.block(null, [...before, this.#keeping(expression, type, retake)], type);
  }

  #costOf(expression: Expression, id: number, cost: number): number {
    const { ids } = this.#table;
    if (id === ids["Call"] && this.#imported.has(this.#binaryen.Call.getTarget(expression)))
      return HOST_CALL_COST;
    if (id !== ids["Binary"] && id !== ids["Unary"]) return cost;
    const operation = this.#accessors(id === ids["Binary"] ? "Binary" : "Unary")["getOp"]!(expression);
    return this.#table.isSlow(operation) ? SLOW_COST : cost;
  }

  /** Of an instruction over a range of memory: its length is known only when it runs. */
  #chargeBytes(expression: Expression, { name }: Instruction): void {
    const { i32 } = this.#binaryen;
    const module = this.#module;
    const accessors = this.#accessors(name);
    const size = accessors["getSize"]!(expression);
    const kept = this.#addLocal(i32);
    const units = module.i32.shr_u(module.local.get(kept, i32), module.i32.const(BYTES_SHIFT));
    const charged = [module.local.set(kept, size), this.#chargeUnits(units), module.local.get(kept, i32)];
    accessors["setSize"]!(expression, module.block(null, charged, i32));
  }

  /** A return out of a function that holds the fuel in a local gives it back first, after its value was reckoned. */
  #returning(expression: Expression, local: number): Expression {
    const module = this.#module;
    const value = this.#accessors("Return")["getValue"]!(expression);
    if (value === 0) return module.block(null, [this.#giveBack(local), module.return()]);
    const type = this.#binaryen.getExpressionType(value);
    if (type === this.#binaryen.unreachable) return expression;
    return module.return(this.#keeping(value, type, this.#giveBack(local)));
  }

  /** The value, with something done between reckoning and giving it. */
  #keeping(value: Expression, type: number, meanwhile: Expression): Expression {
    const module = this.#module;
    const kept = this.#addLocal(type);
    return module.block(null, [module.local.set(kept, value), meanwhile, module.local.get(kept, type)], type);
  }

  #giveBack(local: number): Expression {
    const module = this.#module;
    return module.global.set(this.#global, module.local.get(local, this.#binaryen.i32));
  }

  #after(first: Expression, then: Expression): Expression {
    return this.#module.block(null, [first, then], this.#binaryen.getExpressionType(then));
  }

  #charge(cost: number): Expression {
    return this.#chargeUnits(this.#module.i32.const(cost));
  }

  #chargeUnits(units: Expression): Expression {
    const module = this.#module;
    const { i32 } = this.#binaryen;
    const local = this.#local;
    const zero = module.i32.const(0);
    if (local !== undefined) {
      const left = module.i32.sub(module.local.get(local, i32), units);
      const spent = module.block(null, [this.#giveBack(local), module.unreachable()]);
      return module.if(module.i32.lt_s(module.local.tee(local, left, i32), zero), spent);
    }
    const get = (): Expression => module.global.get(this.#global, i32);
    const take = module.global.set(this.#global, module.i32.sub(get(), units));
    return module.block(null, [take, module.if(module.i32.lt_s(get(), zero), module.unreachable())]);
  }

  #addLocal(type: number): number {
    const index = this.#binaryen.Function.getNumLocals(this.#func);
    this.#binaryen._BinaryenFunctionAddVar(this.#func, type);
    return index;
  }
}
