/**
 * Expressions of an author's file as TypeScript. Types follow the compiler's rules: a literal takes the type that is
 * wanted of it, operands meet in the wider one, and what is not exact is rounded after every step.
 */
import { NODE, type Node, nodeKindName, tokenName } from "./compiler.ts";
import { SET_FUNCTIONS, SET_VALUES } from "./portable-set.ts";
import { isWritable, TEXT_FUNCTIONS, TEXT_METHODS, type TextMethod } from "./portable-text.ts";
import {
  convert,
  isFloat,
  isInteger,
  isNumber,
  meet,
  type PortableType,
  type Typed,
  VIEWS,
  wrap,
} from "./portable-types.ts";

export interface Signature {
  readonly parameters: readonly PortableType[];
  readonly returns: PortableType;
}

/** Something in the author's text that the TypeScript side does not have. */
export class Untranslatable extends Error {
  readonly offset: number;
  constructor(node: Node, message: string) {
    super(message);
    this.offset = node.range.start;
  }
}

const OPERATORS: Readonly<Record<string, string>> = {
  ...{ Plus: "+", Minus: "-", Asterisk: "*", Slash: "/", Percent: "%" },
  ...{ LessThan_LessThan: "<<", GreaterThan_GreaterThan: ">>", GreaterThan_GreaterThan_GreaterThan: ">>>" },
  ...{ Ampersand: "&", Bar: "|", Caret: "^" },
};
const COMPARISONS: Readonly<Record<string, string>> = {
  ...{ LessThan: "<", GreaterThan: ">", LessThan_Equals: "<=", GreaterThan_Equals: ">=" },
  ...{ Equals_Equals: "===", Exclamation_Equals: "!==" },
  ...{ Equals_Equals_Equals: "===", Exclamation_Equals_Equals: "!==" },
};
/** Of `Math` and `Mathf`, with the number of arguments: those that are exact, and those that are rounded in two ways. */
const EXACT: Readonly<Record<string, number>> = {
  abs: 1,
  ceil: 1,
  floor: 1,
  trunc: 1,
  sqrt: 1,
  min: 2,
  max: 2,
};
const ROUNDED: Readonly<Record<string, number>> = {
  ...{ log: 1, log2: 1, log10: 1, log1p: 1, exp: 1, expm1: 1, pow: 2, cbrt: 1, hypot: 2 },
  ...{ sin: 1, cos: 1, tan: 1, asin: 1, acos: 1, atan: 1, atan2: 2, sinh: 1, cosh: 1, tanh: 1 },
};
const LIMITS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  i32: { MAX_VALUE: "2147483647", MIN_VALUE: "-2147483648" },
  u32: { MAX_VALUE: "4294967295", MIN_VALUE: "0" },
  f32: { MAX_VALUE: "3.4028234663852886e38", EPSILON: "1.1920928955078125e-7" },
  f64: { MAX_VALUE: "Number.MAX_VALUE", EPSILON: "Number.EPSILON" },
};

export class Expressions {
  readonly functions = new Map<string, Signature>();
  readonly methods = new Map<string, Signature>();
  readonly fields = new Map<string, PortableType>();
  readonly scopes: Map<string, PortableType>[] = [new Map()];
  isRounded = false;
  isRandom = false;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The type that a type's node names. */
  typeOf(node: Node): PortableType {
    const name = this.#textOf(node);
    if (name === "number") return "f64";
    if (name === "boolean") return "bool";
    if (name === "" || name === "void") return "void";
    if (name === "Array<string>") return "string[]";
    if (name in VIEWS || (isNumber(name) && name !== "i64")) return name;
    throw new Untranslatable(node, `the type ${name} is not translated`);
  }

  /** The expression, where a value of type `wanted` is looked for; it may come out as another one. */
  of(node: Node, wanted: PortableType): Typed {
    switch (node.kind) {
      case NODE.Parenthesized: {
        const inner = this.of(node["expression"] as Node, wanted);
        return { ...inner, code: `(${inner.code})` };
      }
      case NODE.Literal:
        return this.#literal(node, wanted);
      case NODE.True:
      case NODE.False:
        return { code: node.kind === NODE.True ? "true" : "false", type: "bool" };
      case NODE.Identifier:
        return this.#name(node, wanted);
      case NODE.PropertyAccess:
        return this.#property(node);
      case NODE.Assertion: {
        if (node["toType"] === null) throw new Untranslatable(node, "this assertion is not translated");
        const type = this.typeOf(node["toType"] as Node);
        return convert(this.of(node["expression"] as Node, type), type);
      }
      case NODE.Binary:
        return this.#binary(node, wanted);
      case NODE.UnaryPrefix:
        return this.#prefix(node, wanted);
      case NODE.UnaryPostfix:
        return this.#step(node);
      case NODE.Ternary:
        return this.#ternary(node, wanted);
      case NODE.Call:
        return this.#call(node, wanted);
      case NODE.ElementAccess:
        return this.#item(node);
      default:
        throw new Untranslatable(node, `${nodeKindName(node.kind)} is not translated`);
    }
  }

  #textOf({ range }: Node): string {
    return this.#text.slice(range.start, range.end);
  }

  #literal(node: Node, wanted: PortableType): Typed {
    if (/^["']/.test(this.#textOf(node))) return { code: JSON.stringify(node["value"]), type: "string" };
    const text = this.#textOf(node).replaceAll("_", "");
    const value = Number(text);
    if (Number.isNaN(value)) throw new Untranslatable(node, "this literal is not translated");
    const isWhole = /^(\d+|0[xob][0-9a-f]+)$/i.test(text);
    if (!isWhole || isFloat(wanted)) {
      const type = wanted === "f32" ? "f32" : "f64";
      return { code: type === "f32" ? String(Math.fround(value)) : String(value), type };
    }
    if (isInteger(wanted) && wanted !== "bool" && wanted !== "i64")
      return { code: String(value), type: wanted };
    return { code: String(value), type: value <= 2_147_483_647 ? "i32" : "i64" };
  }

  #name(node: Node, wanted: PortableType): Typed {
    const name = node["text"] as string;
    for (let depth = this.scopes.length - 1; depth >= 0; depth--) {
      const type = this.scopes[depth]!.get(name);
      if (type !== undefined) return { code: name, type };
    }
    if (SET_VALUES.includes(name)) return { code: `$set.${name}`, type: "i32" };
    if (name === "NaN" || name === "Infinity") return { code: name, type: wanted === "f32" ? "f32" : "f64" };
    throw new Untranslatable(node, `${name} is not translated`);
  }

  #property(node: Node): Typed {
    const object = node["expression"] as Node;
    const property = (node["property"] as { readonly text: string }).text;
    if (object.kind === NODE.This) {
      const type = this.fields.get(property);
      if (type === undefined) throw new Untranslatable(node, `this.${property} is not translated`);
      return { code: `this.${property}`, type };
    }
    const owner = object.kind === NODE.Identifier ? (object["text"] as string) : "";
    const limit = LIMITS[owner]?.[property];
    if (limit !== undefined) return { code: limit, type: owner };
    const { code, type } = this.of(object, "auto");
    const field = VIEWS[type]?.[property];
    if (field === undefined) throw new Untranslatable(node, `${type}.${property} is not translated`);
    return { code: `${code}.${property}`, type: field };
  }

  #binary(node: Node, wanted: PortableType): Typed {
    const word = tokenName(node["operator"] as number);
    const left = node["left"] as Node;
    const right = node["right"] as Node;
    if (word === "Equals") {
      const target = this.#target(left);
      const value = convert(this.of(right, target.type), target.type);
      return { code: `(${target.code} = ${value.code})`, type: target.type };
    }
    if (word.endsWith("_Equals") && OPERATORS[word.slice(0, -"_Equals".length)] !== undefined) {
      const target = this.#target(left);
      const made = this.#operate(node, word.slice(0, -"_Equals".length), target, this.of(right, target.type));
      return { code: `(${target.code} = ${convert(made, target.type).code})`, type: target.type };
    }
    const a = this.of(left, wanted);
    if (word === "Ampersand_Ampersand" || word === "Bar_Bar") {
      const b = convert(this.of(right, a.type), a.type);
      return { code: `(${a.code} ${word === "Bar_Bar" ? "||" : "&&"} ${b.code})`, type: a.type };
    }
    const b = this.of(right, a.type);
    const comparison = COMPARISONS[word];
    if (comparison === undefined) return this.#operate(node, word, a, b);
    const type = this.#meet(node, a, b);
    return { code: `(${convert(a, type).code} ${comparison} ${convert(b, type).code})`, type: "bool" };
  }

  #operate(node: Node, word: string, a: Typed, b: Typed): Typed {
    const operator = OPERATORS[word];
    if (operator === "+" && a.type === "string" && b.type === "string")
      return { code: `(${a.code} + ${b.code})`, type: "string" };
    if (operator === undefined) throw new Untranslatable(node, "this operator is not translated");
    const isShift = operator.length > 1;
    const met = isShift ? a.type : this.#meet(node, a, b);
    // Two truth values are added and masked as whole numbers.
    const type = met === "bool" ? "i32" : met;
    if (type === "i64") throw new Untranslatable(node, "64-bit integers are not translated");
    const [x, y] = [convert(a, type).code, convert(b, type).code];
    if (isFloat(type)) return { code: wrap(`(${x} ${operator} ${y})`, type), type };
    if (operator === "*") return { code: wrap(`Math.imul(${x}, ${y})`, type), type };
    if (operator === "/" || operator === "%")
      return { code: wrap(`$divide(${x}, ${y}, ${operator === "%"})`, type), type };
    const signed = operator === ">>" && type.startsWith("u") ? ">>>" : operator;
    const width = { i8: 7, u8: 7, i16: 15, u16: 15 }[type] ?? 31;
    const code = isShift ? `(${x} ${signed} (${y} & ${width}))` : `(${x} ${operator} ${y})`;
    const made = wrap(code, type);
    return met === "bool" && "&|^".includes(operator)
      ? convert({ code: made, type }, "bool")
      : { code: made, type };
  }

  #meet(node: Node, a: Typed, b: Typed): PortableType {
    const type = meet(a.type, b.type);
    if (type === undefined) throw new Untranslatable(node, `${a.type} and ${b.type} do not meet here`);
    return type;
  }

  /** What can be written to. */
  #target(node: Node): Typed {
    const target = this.of(node, "auto");
    if (node.kind === NODE.Identifier && !SET_VALUES.includes(node["text"] as string)) return target;
    const owner = node.kind === NODE.PropertyAccess ? (node["expression"] as Node) : undefined;
    if (owner?.kind === NODE.This || this.#isOfSubmission(node)) return target;
    // Rows are read; a unit of a topology is its author's to write.
    if (owner !== undefined && this.of(owner, "auto").type === "Unit") return target;
    throw new Untranslatable(node, "this is not translated as something that is written to");
  }

  /** A field of a submission that a module may write. */
  #isOfSubmission(node: Node): boolean {
    if (node.kind !== NODE.PropertyAccess) return false;
    const { type } = this.of(node["expression"] as Node, "auto");
    return type === "Submission" && isWritable((node["property"] as { readonly text: string }).text);
  }

  #item(node: Node): Typed {
    const list = this.of(node["expression"] as Node, "auto");
    if (list.type !== "string[]") throw new Untranslatable(node, "items of this are not translated");
    const at = convert(this.of(node["elementExpression"] as Node, "i32"), "i32");
    return { code: `$item(${list.code}, ${at.code})`, type: "string" };
  }

  #prefix(node: Node, wanted: PortableType): Typed {
    const word = tokenName(node["operator"] as number);
    if (word === "Plus_Plus" || word === "Minus_Minus") return this.#step(node);
    const operand = this.of(node["operand"] as Node, word === "Exclamation" ? "bool" : wanted);
    if (word === "Exclamation") return { code: `(!${convert(operand, "bool").code})`, type: "bool" };
    if (word === "Plus") return operand;
    const number = operand.type === "bool" ? convert(operand, "i32") : operand;
    if (word === "Minus") {
      // In a float -0 differs from 0 - 0; among integers it must not come to be.
      const code = isFloat(number.type) ? `(-${number.code})` : wrap(`(0 - ${number.code})`, number.type);
      return { code, type: number.type };
    }
    if (word === "Tilde") return { code: wrap(`(~${number.code})`, number.type), type: number.type };
    throw new Untranslatable(node, "this operator is not translated");
  }

  /** `i++`, whose value is not used, or `++i`. */
  #step(node: Node): Typed {
    const target = this.#target(node["operand"] as Node);
    const word = tokenName(node["operator"] as number);
    const next = wrap(`(${target.code} ${word === "Plus_Plus" ? "+" : "-"} 1)`, target.type);
    if (node.kind === NODE.UnaryPrefix) return { code: `(${target.code} = ${next})`, type: target.type };
    const back = wrap(`((${target.code} = ${next}) ${word === "Plus_Plus" ? "-" : "+"} 1)`, target.type);
    return { code: `(${back})`, type: target.type };
  }

  #ternary(node: Node, wanted: PortableType): Typed {
    const condition = convert(this.of(node["condition"] as Node, "bool"), "bool").code;
    const a = this.of(node["ifThen"] as Node, wanted);
    const b = this.of(node["ifElse"] as Node, wanted === "auto" ? a.type : wanted);
    const type = this.#meet(node, a, b);
    return { code: `(${condition} ? ${convert(a, type).code} : ${convert(b, type).code})`, type };
  }

  #call(node: Node, wanted: PortableType): Typed {
    const called = node["expression"] as Node;
    const args = node["args"] as readonly Node[];
    if (called.kind === NODE.PropertyAccess) {
      const object = called["expression"] as Node;
      const name = (called["property"] as { readonly text: string }).text;
      if (object.kind === NODE.This) {
        const method = this.methods.get(name);
        if (method !== undefined) return this.#invoke(node, `this.${name}`, method, args);
      }
      const owner = object.kind === NODE.Identifier ? (object["text"] as string) : "";
      if (owner === "Math" || owner === "Mathf")
        return this.#mathematics(node, name, owner === "Mathf" ? "f32" : "f64", args);
      return this.#method(node, object, name, args);
    }
    if (called.kind !== NODE.Identifier) throw new Untranslatable(node, "this call is not translated");
    const name = called["text"] as string;
    const own = this.functions.get(name);
    if (own !== undefined) return this.#invoke(node, name, own, args);
    return this.#builtIn(node, name, args, wanted);
  }

  #invoke(node: Node, code: string, { parameters, returns }: Signature, args: readonly Node[]): Typed {
    if (args.length !== parameters.length)
      throw new Untranslatable(node, "optional arguments are not translated");
    const given = args.map((arg, i) => convert(this.of(arg, parameters[i]!), parameters[i]!).code);
    return { code: `${code}(${given.join(", ")})`, type: returns };
  }

  /** Of a string, a list of them or a submission; of a whole number its text. */
  #method(node: Node, object: Node, name: string, args: readonly Node[]): Typed {
    const owner = this.of(object, "auto");
    if (isInteger(owner.type) && owner.type !== "bool" && name === "toString" && args.length === 0)
      return { code: `String(${owner.code})`, type: "string" };
    const method = TEXT_METHODS[owner.type]?.[name];
    if (method === undefined) throw new Untranslatable(node, `${owner.type}.${name} is not translated`);
    const given = this.#arguments(node, method, args);
    const code =
      method.by === undefined
        ? `${owner.code}.${name}(${given.join(", ")})`
        : `${method.by}(${[owner.code, ...given].join(", ")})`;
    return { code, type: method.returns };
  }

  #arguments(node: Node, { parameters, least }: TextMethod, args: readonly Node[]): readonly string[] {
    if (args.length < least || args.length > parameters.length)
      throw new Untranslatable(node, "these arguments are not translated");
    return args.map((arg, i) => convert(this.of(arg, parameters[i]!), parameters[i]!).code);
  }

  #mathematics(node: Node, name: string, type: PortableType, args: readonly Node[]): Typed {
    const count = EXACT[name] ?? ROUNDED[name];
    if (count === undefined) throw new Untranslatable(node, `Math.${name} is not translated`);
    if (name in ROUNDED) this.isRounded = true;
    const made = this.#invoke(
      node,
      `Math.${name}`,
      { parameters: Array(count).fill(type), returns: type },
      args,
    );
    return { code: wrap(made.code, type), type };
  }

  /** Functions that AssemblyScript or the SDK has without an object. */
  #builtIn(node: Node, name: string, args: readonly Node[], wanted: PortableType): Typed {
    if (name === "random") {
      this.isRandom = true;
      return { code: "$rng()", type: "f64" };
    }
    const ofText = TEXT_FUNCTIONS[name];
    if (ofText !== undefined)
      return { code: `${name}(${this.#arguments(node, ofText, args).join(", ")})`, type: ofText.returns };
    if (name === "log") return { code: "undefined", type: "void" };
    if (name === "leftCpus" || name === "leftMemMib" || name === "leftGpus")
      return this.#invoke(node, name, { parameters: ["Job", "Node"], returns: "i32" }, args);
    const ofSet = SET_FUNCTIONS[name];
    if (ofSet !== undefined) return this.#invoke(node, `$set.${name}`, ofSet, args);
    if (name === "popcnt" || name === "clz" || name === "ctz")
      return this.#invoke(node, `$${name}`, { parameters: ["i32"], returns: "i32" }, args);
    if (isNumber(name) && args.length === 1) return convert(this.of(args[0]!, name), name);
    if (name === "isNaN" || name === "isFinite") {
      const value = this.of(args[0]!, "auto");
      return { code: `Number.${name}(${value.code})`, type: "bool" };
    }
    if (!["min", "max", "abs", "sqrt", "floor", "ceil", "trunc", "nearest"].includes(name))
      throw new Untranslatable(node, `${name} is not translated`);
    const typeArgument = (node["typeArguments"] as readonly Node[] | null)?.[0];
    const first = args[0];
    if (first === undefined) throw new Untranslatable(node, `${name} without an argument`);
    const type = typeArgument === undefined ? this.of(first, wanted).type : this.typeOf(typeArgument);
    if (isInteger(type) && name !== "min" && name !== "max" && name !== "abs") return this.of(first, type);
    const parameters = Array(args.length).fill(type) as readonly PortableType[];
    const text = name === "nearest" ? "$nearest" : `Math.${name}`;
    const made = this.#invoke(node, text, { parameters, returns: type }, args);
    return { code: wrap(made.code, type), type };
  }
}
