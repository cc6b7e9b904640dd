/**
 * What every schema of the API is made with: the check at compile time that a schema and an interface of core/model
 * are the same type, and the few kinds of value that occur again and again. Runs once, when the modules are loaded.
 */
import { Kind, type Static, type TSchema, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";

/**
 * `describes<JobView>()(schema)` gives the schema back and compiles only where both have the same fields, each of the
 * same type and as optional as in the other. `readonly` does not count: JSON has no such thing.
 */
export const describes =
  <Interface>() =>
  <Schema extends TSchema>(schema: Schema & Agreement<Static<Schema>, Interface>): Schema =>
    schema;

/** A reference to a schema that has an `$id`, for request bodies and answers. */
export const refTo = <Schema extends TSchema>(schema: Schema): TUnsafe<Static<Schema>> =>
  Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` });

/** One of some words. JSON Schema's `enum`, which serialises faster than a union of constants and reads better. */
export const oneOf = <const Words extends readonly string[]>(
  words: Words,
  description?: string,
): TUnsafe<Words[number]> =>
  Type.Unsafe<Words[number]>({
    [Kind]: WORD_KIND,
    type: "string",
    enum: words,
    ...(description === undefined ? {} : { description }),
  });

/** Text from outside: at most `maxLength` UTF-16 units and no NUL, which no path, argument or variable can carry. */
export const text = (maxLength: number, description?: string) =>
  Type.String({ maxLength, pattern: NO_NUL, ...(description === undefined ? {} : { description }) });

/** A whole number from outside, within what 32 bits hold unless told otherwise. */
export const whole = (minimum: number, maximum = MAX_INT32, description?: string) =>
  Type.Integer({ minimum, maximum, ...(description === undefined ? {} : { description }) });

export const MAX_INT32 = 2_147_483_647;
/** uid and gid are unsigned, and -1 is "none". */
export const MAX_UID = 4_294_967_294;
/** Longest name of a user, an account, a partition, a node. */
export const MAX_NAME_CHARS = 255;
export const MAX_PATH_CHARS = 4096;
/** Longest text in one of Slurm's grammars (a hostlist, an array, a dependency). */
export const MAX_GRAMMAR_CHARS = 65_536;

const NO_NUL = "^[^\\u0000]*$";
const WORD_KIND = "rota:word";
TypeRegistry.Set<{ readonly enum: readonly string[] }>(
  WORD_KIND,
  (schema, value) => typeof value === "string" && schema.enum.includes(value),
);

type Agreement<A, B> =
  Same<Plain<A>, Plain<B>> extends true ? unknown : { readonly schemaAndInterfaceDiffer: never };
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Plain<T[Key]> }
    : T;
