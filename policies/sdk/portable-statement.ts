/** Statements of an author's file as TypeScript: what declares names opens and closes scopes. */
import { NODE, type Node, nodeKindName } from "./compiler.ts";
import { type Expressions, Untranslatable } from "./portable-expression.ts";
import { convert, type PortableType, zeroOf } from "./portable-types.ts";

interface Parameter {
  readonly name: string;
  readonly type: PortableType;
}

export class Statements {
  readonly #expressions: Expressions;
  #returns: PortableType = "void";

  constructor(expressions: Expressions) {
    this.#expressions = expressions;
  }

  /** `(a, b) { ... }` of a function or method. */
  body(parameters: readonly Parameter[], returns: PortableType, body: Node): string {
    const { scopes } = this.#expressions;
    scopes.push(new Map(parameters.map(({ name, type }) => [name, type])));
    this.#returns = returns;
    const text = this.of(body);
    scopes.pop();
    return `(${parameters.map(({ name }) => name).join(", ")}) ${text}`;
  }

  of(node: Node): string {
    const expressions = this.#expressions;
    switch (node.kind) {
      case NODE.Block:
        return this.#scoped(() => `{\n${this.#all(node["statements"])}\n}`);
      case NODE.Empty:
        return ";";
      case NODE.Break:
      case NODE.Continue:
        if (node["label"] !== null) throw new Untranslatable(node, "labels are not translated");
        return node.kind === NODE.Break ? "break;" : "continue;";
      case NODE.Expression:
        return `${expressions.of(node["expression"] as Node, "void").code};`;
      case NODE.Return: {
        const value = node["value"] as Node | null;
        if (value === null) return "return;";
        return `return ${convert(expressions.of(value, this.#returns), this.#returns).code};`;
      }
      case NODE.If: {
        const otherwise = node["ifFalse"] as Node | null;
        const tail = otherwise === null ? "" : ` else ${this.of(otherwise)}`;
        return `if (${this.#truth(node["condition"])}) ${this.of(node["ifTrue"] as Node)}${tail}`;
      }
      case NODE.While:
        return `while (${this.#truth(node["condition"])}) ${this.of(node["body"] as Node)}`;
      case NODE.Do:
        return `do ${this.of(node["body"] as Node)} while (${this.#truth(node["condition"])});`;
      case NODE.For:
        return this.#scoped(() => this.#for(node));
      case NODE.Switch:
        return this.#scoped(() => this.#switch(node));
      case NODE.Variable:
        return `let ${(node["declarations"] as readonly Node[])
          .map((declaration) => this.#variable(declaration))
          .join(", ")};`;
      case NODE.Throw:
        return 'throw new Error("the policy threw");';
      default:
        throw new Untranslatable(node, `${nodeKindName(node.kind)} is not translated`);
    }
  }

  #all(statements: unknown): string {
    return (statements as readonly Node[]).map((statement) => this.of(statement)).join("\n");
  }

  #scoped(make: () => string): string {
    const { scopes } = this.#expressions;
    scopes.push(new Map());
    const text = make();
    scopes.pop();
    return text;
  }

  #truth(node: unknown): string {
    return convert(this.#expressions.of(node as Node, "bool"), "bool").code;
  }

  #for(node: Node): string {
    const initializer = node["initializer"] as Node | null;
    const first = initializer === null ? ";" : this.of(initializer);
    const condition = node["condition"] === null ? "true" : this.#truth(node["condition"]);
    const incrementor = node["incrementor"] as Node | null;
    const step = incrementor === null ? "" : this.#expressions.of(incrementor, "void").code;
    return `for (${first} ${condition}; ${step}) ${this.of(node["body"] as Node)}`;
  }

  #switch(node: Node): string {
    const on = this.#expressions.of(node["condition"] as Node, "u32");
    const cases = (node["cases"] as readonly Node[]).map((branch) => {
      const label = branch["label"] as Node | null;
      const head =
        label === null ? "default:" : `case ${convert(this.#expressions.of(label, on.type), on.type).code}:`;
      return `${head}\n${this.#all(branch["statements"])}`;
    });
    return `switch (${on.code}) {\n${cases.join("\n")}\n}`;
  }

  #variable(node: Node): string {
    const expressions = this.#expressions;
    const name = (node["name"] as { readonly text: string }).text;
    const given = node["type"] as Node | null;
    const initial = node["initializer"] as Node | null;
    const made =
      initial === null
        ? undefined
        : expressions.of(initial, given === null ? "auto" : expressions.typeOf(given));
    const type = given === null ? made?.type : expressions.typeOf(given);
    if (type === undefined) throw new Untranslatable(node, `${name} has neither a type nor a value`);
    expressions.scopes.at(-1)!.set(name, type);
    return `${name} = ${made === undefined ? zeroOf(type) : convert(made, type).code}`;
  }
}
