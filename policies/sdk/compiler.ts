/**
 * The AssemblyScript compiler: its command line as a function, and its parser. The types are spelt out here because the
 * package's own declare globals that clash with Node's (`console` among them); hence also the import by variable.
 */

/** Where the compiler reads and writes; null for a file that is not there. */
export interface CompilerFiles {
  readonly readFile: (filename: string, baseDirectory: string) => string | null;
  readonly writeFile: (filename: string, contents: Uint8Array | string, baseDirectory: string) => void;
  readonly listFiles: (directory: string, baseDirectory: string) => readonly string[];
}

export interface CompilerResult {
  readonly error: Error | null;
  readonly stderr: { toString(): string };
}

/** A piece of source text: offsets of its first character and of the one behind it. */
export interface Ranged {
  readonly range: { readonly start: number; readonly end: number };
}
export interface Decorator {
  readonly name: { readonly text: string };
  readonly args: readonly Ranged[] | null;
}
export interface Decorated {
  readonly decorators: readonly Decorator[] | null;
}
export interface Member extends Ranged {
  readonly name: { readonly text: string };
  readonly kind: number;
}
export interface FieldDeclaration extends Member, Decorated {
  readonly type: Ranged | null;
  readonly initializer: Ranged | null;
}
export interface ClassDeclaration extends Member, Decorated {
  readonly members: readonly Member[];
  readonly extendsType: { readonly name: { readonly identifier: { readonly text: string } } } | null;
}
export interface Source {
  readonly text: string;
  readonly statements: readonly { readonly kind: number }[];
}

interface CommandLine {
  readonly main: (args: readonly string[], files: CompilerFiles) => Promise<CompilerResult>;
}
interface Parser {
  readonly newOptions: () => object;
  readonly newProgram: (options: object) => { readonly sources: readonly Source[] };
  readonly parse: (program: object, text: string, path: string, isEntry: boolean) => void;
  readonly NodeKind: Readonly<Record<string, number>>;
  readonly Token: Readonly<Record<string, number>>;
}

/** Any piece of a syntax tree; its fields are the parser's. */
export interface Node extends Ranged {
  readonly kind: number;
  readonly [field: string]: unknown;
}

const COMMAND_LINE: string = "assemblyscript/asc";
const PARSER: string = "assemblyscript";
const commandLine = (await import(COMMAND_LINE)) as CommandLine;
const parser = (await import(PARSER)) as Parser;

/** The parser's numbers, by name: kinds of nodes and operators. */
export const NODE = parser.NodeKind as Readonly<Record<NodeName, number>>;
export const nodeKindName = (kind: number): string =>
  Object.keys(parser.NodeKind).find((name) => parser.NodeKind[name] === kind) ?? "this";
export const tokenName = (token: number): string =>
  Object.keys(parser.Token).find((name) => parser.Token[name] === token) ?? "";

type NodeName =
  | "Assertion"
  | "Binary"
  | "Block"
  | "Break"
  | "Call"
  | "ClassDeclaration"
  | "Continue"
  | "Do"
  | "ElementAccess"
  | "Empty"
  | "Expression"
  | "False"
  | "For"
  | "FunctionDeclaration"
  | "Identifier"
  | "If"
  | "Import"
  | "InterfaceDeclaration"
  | "Literal"
  | "NamedType"
  | "Parenthesized"
  | "PropertyAccess"
  | "Return"
  | "Switch"
  | "Ternary"
  | "This"
  | "Throw"
  | "True"
  | "UnaryPostfix"
  | "UnaryPrefix"
  | "Variable"
  | "While";

/** Runs the compiler as `asc ARGS` would. */
export function compile(args: readonly string[], files: CompilerFiles): Promise<CompilerResult> {
  return commandLine.main(args, files);
}

/** The syntax tree of one file; its errors are left to the compiler. */
export function parseSource(path: string, text: string): Source | undefined {
  const program = parser.newProgram(parser.newOptions());
  parser.parse(program, text, path, true);
  return program.sources.at(-1);
}

export const isClass = (node: { readonly kind: number }): node is ClassDeclaration =>
  node.kind === parser.NodeKind["ClassDeclaration"];
export const isField = (node: Member): node is FieldDeclaration =>
  node.kind === parser.NodeKind["FieldDeclaration"];
export const isMethod = (node: Member): boolean => node.kind === parser.NodeKind["MethodDeclaration"];
