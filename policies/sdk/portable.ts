/**
 * An author's AssemblyScript file as TypeScript: the same text with its types made explicit, so that it runs without
 * the compiler and every number is as WebAssembly has it. Serves the tests of a policy, which run both and compare. A
 * file that uses what is not translated (SIMD, 64-bit integers, objects, other files) is refused with its place.
 */
import {
  type ClassDeclaration,
  isClass,
  isField,
  isMethod,
  NODE,
  type Node,
  nodeKindName,
  parseSource,
} from "./compiler.ts";
import type { Declaration } from "./declaration.ts";
import { Expressions, type Signature, Untranslatable } from "./portable-expression.ts";
import type { PortableSet } from "./portable-set.ts";
import { Statements } from "./portable-statement.ts";
import { convert, type PortableType, PRELUDE, zeroOf } from "./portable-types.ts";

/** A row or a scalar of the SDK, as a plain object. */
export type PortableView = Readonly<Record<string, number>>;

/** One instance of the author's class. */
export interface PortablePolicy {
  /** Calls the method of the kind, `score` or `cost`. */
  judge(...given: readonly (PortableView | number)[]): number;
  /** Calls `submit` or `modify` of an admission policy; what it says is in the objects that it is given. */
  call(method: string, ...given: readonly object[]): void;
  /** Of a topology of whole sets: `prepare` and `choose`, which take from the set that it was made with. */
  choose(job: PortableView, count: number, want: number): void;
}

export interface Portable {
  /** The TypeScript text, for reading. */
  readonly text: string;
  /** True where it calls functions that WebAssembly and JavaScript round differently in the last digit (logarithms, powers). */
  readonly isRounded: boolean;
  /** True where it asks for random numbers. */
  readonly isRandom: boolean;
  /** A fresh instance with parameters set; `random` stands for the host's numbers. */
  create(
    parameters: Readonly<Record<string, number | string>>,
    random: () => number,
    set?: PortableSet,
  ): PortablePolicy;
}

export type Translated =
  | { readonly ok: true; readonly value: Portable }
  | { readonly ok: false; readonly message: string };

/** Translates the file; `declaration` is what it declares. */
export function translate(path: string, text: string, declaration: Declaration): Translated {
  const source = parseSource(path, text);
  if (source === undefined) return { ok: false, message: `${path}: the file cannot be read` };
  try {
    return { ok: true, value: new File(declaration, text).translate(source.statements as readonly Node[]) };
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    const before = text.slice(0, error.offset);
    const place = `${before.split("\n").length}:${error.offset - before.lastIndexOf("\n")}`;
    return { ok: false, message: `${path}:${place}: ${error.message}` };
  }
}

type Prepare = (count: number) => void;
type Choose = (job: PortableView, want: number) => void;

class File {
  readonly #declaration: Declaration;
  readonly #expressions: Expressions;
  readonly #statements: Statements;

  constructor(declaration: Declaration, text: string) {
    this.#declaration = declaration;
    this.#expressions = new Expressions(text);
    this.#statements = new Statements(this.#expressions);
  }

  translate(nodes: readonly Node[]): Portable {
    for (const node of nodes) this.#declare(node);
    for (const node of nodes) if (node.kind === NODE.Variable) this.#statements.of(node);
    const text = nodes.map((node) => this.#statement(node)).join("\n");
    const { className, kind, parameters } = this.#declaration;
    const method = kind === "preemption" ? "cost" : "score";
    const make = new Function(
      "$rng",
      "$set",
      `"use strict";${PRELUDE}return (() => {${text}\nreturn ${className};})();`,
    ) as (rng: () => number, set: PortableSet | undefined) => new () => Record<string, unknown>;
    return {
      text,
      isRounded: this.#expressions.isRounded,
      isRandom: this.#expressions.isRandom,
      create: (given, random, set) => {
        const policy = new (make(random, set))();
        for (const { name, type } of parameters) {
          if (!Object.hasOwn(given, name)) continue;
          const value = given[name]!;
          policy[name] =
            typeof value === "string"
              ? value
              : type === "bool"
                ? value !== 0
                : type === "f32"
                  ? Math.fround(value)
                  : value;
        }
        const judge = policy[method] as (...rows: readonly unknown[]) => number;
        const call = (name: string, ...rows: readonly object[]): void => {
          // What the class leaves to the SDK's own does nothing.
          const called = policy[name] as ((...given: readonly object[]) => void) | undefined;
          called?.apply(policy, [...rows]);
        };
        return {
          call,
          judge: (...rows) => judge.apply(policy, rows as unknown[]),
          choose: (job, count, want) => {
            (policy["prepare"] as Prepare | undefined)?.call(policy, count);
            (policy["choose"] as Choose).call(policy, job, want);
          },
        };
      },
    };
  }

  /** Names first, as functions may be used above their place. */
  #declare(node: Node): void {
    const expressions = this.#expressions;
    if (node.kind === NODE.FunctionDeclaration) {
      expressions.functions.set(nameOf(node), this.#signature(node));
    } else if (node.kind === NODE.Import) {
      const from = (node["path"] as { readonly value: string }).value;
      if (!from.startsWith("rota/")) throw new Untranslatable(node, `imports of ${from} are not translated`);
      for (const imported of (node["declarations"] as readonly Node[] | null) ?? []) {
        if (nameOf(imported) !== (imported["foreignName"] as { readonly text: string }).text)
          throw new Untranslatable(imported, "imports under another name are not translated");
      }
    } else if (isClass(node)) {
      for (const member of node.members as unknown as readonly Node[]) this.#declareMember(member);
    }
  }

  #declareMember(member: Node): void {
    const expressions = this.#expressions;
    if (isField(member as never)) {
      expressions.fields.set(nameOf(member), this.#fieldType(member));
    } else if (isMethod(member as never) && nameOf(member) !== "score4") {
      expressions.methods.set(nameOf(member), this.#signature(member));
    }
  }

  #signature(node: Node): Signature {
    const { parameters, returnType } = node["signature"] as Node;
    return {
      parameters: (parameters as readonly Node[]).map((parameter) =>
        this.#expressions.typeOf(parameter["type"] as Node),
      ),
      returns: this.#expressions.typeOf(returnType as Node),
    };
  }

  #fieldType(member: Node): PortableType {
    const type = member["type"] as Node | null;
    if (type !== null) return this.#expressions.typeOf(type);
    return this.#expressions.of(member["initializer"] as Node, "auto").type;
  }

  #statement(node: Node): string {
    switch (node.kind) {
      case NODE.Import:
      case NODE.InterfaceDeclaration:
        return "";
      case NODE.FunctionDeclaration:
        return `function ${nameOf(node)}${this.#body(node)}`;
      case NODE.ClassDeclaration:
        return this.#class(node as unknown as ClassDeclaration);
      case NODE.Variable:
        return this.#statements.of(node);
      default:
        throw new Untranslatable(node, `${nodeKindName(node.kind)} is not translated here`);
    }
  }

  #class({ name, members }: ClassDeclaration): string {
    const lines = (members as unknown as readonly Node[]).map((member) => {
      if (isField(member as never)) {
        const type = this.#fieldType(member);
        const initial = member["initializer"] as Node | null;
        const value =
          initial === null ? zeroOf(type) : convert(this.#expressions.of(initial, type), type).code;
        return `  ${nameOf(member)} = ${value};`;
      }
      // The four at a time must give what `score` gives; comparing the module with `score` holds it to that.
      if (nameOf(member) === "score4") return "";
      if (!isMethod(member as never)) throw new Untranslatable(member, "this member is not translated");
      return `  ${nameOf(member)}${this.#body(member)}`;
    });
    return `class ${name.text} {\n${lines.join("\n")}\n}`;
  }

  #body(node: Node): string {
    const { parameters, returnType } = node["signature"] as Node;
    return this.#statements.body(
      (parameters as readonly Node[]).map((parameter) => ({
        name: nameOf(parameter),
        type: this.#expressions.typeOf(parameter["type"] as Node),
      })),
      this.#expressions.typeOf(returnType as Node),
      node["body"] as Node,
    );
  }
}

const nameOf = (node: Node): string => (node["name"] as { readonly text: string }).text;
