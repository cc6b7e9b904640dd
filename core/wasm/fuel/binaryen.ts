/**
 * The part of binaryen that the injection of fuel uses, with types of our own: those of the package lack what is needed.
 * Loading it takes a third of a second and 100 MB, so only the metering thread imports this file.
 */

/** A pointer into binaryen's memory. */
export type Expression = number;
export type FunctionRef = number;

/** Getters and setters of one class of expressions, `getValue(expression)`, `setValue(expression, child)`. */
export type Accessors = Readonly<Record<string, (expression: Expression, ...more: number[]) => number>>;

export interface FunctionInfo {
  readonly name: string;
  /** Of an import; else "" or null. */
  readonly base: string | null;
  readonly results: number;
  readonly body: Expression;
}

export interface Module {
  readonly i32: {
    const(value: number): Expression;
    sub(left: Expression, right: Expression): Expression;
    lt_s(left: Expression, right: Expression): Expression;
    shr_u(left: Expression, right: Expression): Expression;
  };
  readonly local: {
    get(index: number, type: number): Expression;
    set(index: number, value: Expression): Expression;
    tee(index: number, value: Expression, type: number): Expression;
  };
  readonly global: {
    get(name: string, type: number): Expression;
    set(name: string, value: Expression): Expression;
  };
  block(label: string | null, children: readonly Expression[], type?: number): Expression;
  if(condition: Expression, ifTrue: Expression): Expression;
  return(value?: Expression): Expression;
  unreachable(): Expression;
  getNumFunctions(): number;
  getFunctionByIndex(index: number): FunctionRef;
  getGlobal(name: string): number;
  getExport(name: string): number;
  addGlobal(name: string, type: number, mutable: boolean, init: Expression): number;
  addGlobalExport(internalName: string, externalName: string): number;
  addFunctionExport(internalName: string, externalName: string): number;
  /** 0 for none. */
  getStart(): FunctionRef;
  setStart(start: FunctionRef): void;
  setFeatures(features: number): void;
  validate(): number;
  emitBinary(): Uint8Array;
  dispose(): void;
}

export interface Binaryen {
  readonly i32: number;
  readonly none: number;
  readonly unreachable: number;
  readonly Features: Readonly<Record<string, number>>;
  readonly Function: {
    setBody(func: FunctionRef, body: Expression): void;
    getNumLocals(func: FunctionRef): number;
  };
  getFunctionInfo(func: FunctionRef): FunctionInfo;
  readonly Call: { getTarget(call: Expression): string; isReturn(call: Expression): boolean };
  getExpressionId(expression: Expression): number;
  getExpressionType(expression: Expression): number;
  expandType(type: number): readonly number[];
  readBinaryWithFeatures(bytes: Uint8Array, features: number): Module;
  _BinaryenFunctionAddVar(func: FunctionRef, type: number): number;
}

const PACKAGE: string = "binaryen";

export async function loadBinaryen(): Promise<Binaryen> {
  const { default: binaryen } = (await import(PACKAGE)) as { readonly default: unknown };
  return binaryen as Binaryen;
}
