/**
 * Reads what a WebAssembly binary declares: imports, exports with their signatures, memory, tables and constants. Runs
 * when a module is loaded, on bytes that the engine has already found valid, so that a module is judged before any of
 * its code runs. Never reads function bodies.
 */

/** Limits of a memory in pages of 64 KiB; undefined when no maximum is declared. */
export interface MemoryLimits {
  readonly minPages: number;
  readonly maxPages: number | undefined;
}

export interface BinaryImport {
  readonly module: string;
  readonly name: string;
  /** `(i32,f64)->(i32)` of a function, else `memory`, `table`, `global` or `tag`. */
  readonly type: string;
}

export interface BinaryOutline {
  readonly imports: readonly BinaryImport[];
  readonly importedMemory: MemoryLimits | undefined;
  readonly definesMemory: boolean;
  /** Entries that tables may have in all; Infinity when one has no maximum. */
  readonly tableEntries: number;
  /** Functions with a body, segments of data and of tables, bytes of code. */
  readonly functionCount: number;
  readonly segmentCount: number;
  readonly codeBytes: number;
  /** Function export → its signature. */
  readonly functions: ReadonlyMap<string, string>;
  /** Export of an immutable i32 global that is set to a literal → the literal. */
  readonly constants: ReadonlyMap<string, number>;
}

const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  element: 9,
  code: 10,
  data: 11,
} as const;
const VALUE_TYPES: Readonly<Record<number, string>> = {
  127: "i32",
  126: "i64",
  125: "f32",
  124: "f64",
  123: "v128",
  112: "funcref",
  111: "externref",
};
const HEADER_BYTES = 8;
const FUNCTION_TYPE = 0x60;
const OP_I32_CONST = 0x41;
const OP_END = 0x0b;

/** The outline of a valid binary, or undefined when it uses a form that this reader does not know. */
export function readOutline(bytes: Uint8Array): BinaryOutline | undefined {
  try {
    return outline(bytes);
  } catch (error) {
    if (error instanceof UnknownForm) return undefined;
    throw error;
  }
}

class UnknownForm extends Error {}

interface Draft {
  readonly types: string[];
  readonly imports: BinaryImport[];
  readonly functionTypes: number[];
  readonly globals: (number | undefined)[];
  readonly functions: Map<string, string>;
  readonly constants: Map<string, number>;
  importedMemory: MemoryLimits | undefined;
  definesMemory: boolean;
  tableEntries: number;
  functionCount: number;
  segmentCount: number;
  codeBytes: number;
}

function outline(bytes: Uint8Array): BinaryOutline {
  const draft: Draft = {
    types: [],
    imports: [],
    functionTypes: [],
    globals: [],
    functions: new Map(),
    constants: new Map(),
    importedMemory: undefined,
    definesMemory: false,
    tableEntries: 0,
    functionCount: 0,
    segmentCount: 0,
    codeBytes: 0,
  };
  const cursor = new Cursor(bytes, HEADER_BYTES);
  while (!cursor.done) {
    const id = cursor.byte();
    const size = cursor.unsigned();
    const section = new Cursor(bytes, cursor.at, cursor.at + size);
    cursor.skip(size);
    READERS[id]?.(section, draft);
  }
  return draft;
}

const READERS: Readonly<Record<number, (section: Cursor, draft: Draft) => void>> = {
  [SECTION.type]: (section, draft) => {
    section.each(() => {
      if (section.byte() !== FUNCTION_TYPE) throw new UnknownForm();
      draft.types.push(`(${section.valueTypes()})->(${section.valueTypes()})`);
    });
  },
  [SECTION.import]: (section, draft) => {
    section.each(() => {
      const module = section.text();
      const name = section.text();
      draft.imports.push({ module, name, type: readImportType(section, draft) });
    });
  },
  [SECTION.function]: (section, draft) => section.each(() => draft.functionTypes.push(section.unsigned())),
  [SECTION.table]: (section, draft) => section.each(() => countTable(section, draft)),
  [SECTION.memory]: (section, draft) => {
    section.each(() => {
      section.limits();
      draft.definesMemory = true;
    });
  },
  [SECTION.global]: (section, draft) => {
    section.each(() => {
      const type = section.valueType();
      const isMutable = section.byte() === 1;
      const value = readInitializer(section);
      draft.globals.push(type === "i32" && !isMutable ? value : undefined);
    });
  },
  [SECTION.element]: (section, draft) => {
    draft.segmentCount += section.unsigned();
  },
  [SECTION.data]: (section, draft) => {
    draft.segmentCount += section.unsigned();
  },
  [SECTION.code]: (section, draft) => {
    draft.codeBytes = section.rest;
    draft.functionCount = section.unsigned();
  },
  [SECTION.export]: (section, draft) => {
    section.each(() => {
      const name = section.text();
      const kind = section.byte();
      const index = section.unsigned();
      if (kind === 0) draft.functions.set(name, draft.types[draft.functionTypes[index] ?? -1] ?? "");
      const constant = kind === 3 ? draft.globals[index] : undefined;
      if (constant !== undefined) draft.constants.set(name, constant);
    });
  },
};

function readImportType(section: Cursor, draft: Draft): string {
  const kind = section.byte();
  if (kind === 0) {
    const type = section.unsigned();
    draft.functionTypes.push(type);
    return draft.types[type] ?? "";
  }
  if (kind === 1) {
    countTable(section, draft);
    return "table";
  }
  if (kind === 2) {
    draft.importedMemory = section.limits();
    return "memory";
  }
  if (kind === 3) {
    section.valueType();
    section.byte();
    draft.globals.push(undefined);
    return "global";
  }
  throw new UnknownForm();
}

function countTable(section: Cursor, draft: Draft): void {
  section.valueType();
  draft.tableEntries += section.limits().maxPages ?? Number.POSITIVE_INFINITY;
}

/** The literal of an `i32.const` initializer; undefined for any other, whose bytes are passed over. */
function readInitializer(section: Cursor): number | undefined {
  const op = section.byte();
  if (op === OP_I32_CONST) {
    const value = section.signed();
    if (section.byte() !== OP_END) throw new UnknownForm();
    return value;
  }
  if (op === 0x42) section.signed();
  else if (op === 0x43) section.skip(4);
  else if (op === 0x44) section.skip(8);
  else if (op === 0x23 || op === 0xd2) section.unsigned();
  else if (op === 0xd0) section.byte();
  else if (op === 0xfd && section.unsigned() === 12) section.skip(16);
  else throw new UnknownForm();
  if (section.byte() !== OP_END) throw new UnknownForm();
  return undefined;
}

/** Reads the format's primitives between two offsets; running over the end is an unknown form, never a wrong read. */
class Cursor {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, end = bytes.length) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = Math.min(end, bytes.length);
  }

  get done(): boolean {
    return this.at >= this.#end;
  }

  get rest(): number {
    return Math.max(0, this.#end - this.at);
  }

  byte(): number {
    if (this.done) throw new UnknownForm();
    return this.#bytes[this.at++]!;
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.#end) throw new UnknownForm();
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  signed(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return byte & 64 ? value - scale * 128 : value;
    }
  }

  text(): string {
    const length = this.unsigned();
    const start = this.at;
    this.skip(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  valueType(): string {
    const type = VALUE_TYPES[this.byte()];
    if (type === undefined) throw new UnknownForm();
    return type;
  }

  valueTypes(): string {
    const types: string[] = [];
    this.each(() => types.push(this.valueType()));
    return types.join(",");
  }

  /** Flags of memories with 64-bit addresses or shared between threads are unknown forms. */
  limits(): MemoryLimits {
    const flags = this.byte();
    if (flags > 1) throw new UnknownForm();
    const minPages = this.unsigned();
    return { minPages, maxPages: flags === 1 ? this.unsigned() : undefined };
  }

  each(read: () => void): void {
    const count = this.unsigned();
    for (let i = 0; i < count; i++) read();
  }
}
