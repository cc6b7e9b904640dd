/**
 * Turns TypeBox schemas into the checks that fastify runs on bodies, queries, paths and headers, and says of the
 * first fault where it is and what would be right. Compiled once at start. It changes nothing of a body; a query's
 * digits and truth words become numbers and booleans, since a URL has only text.
 */
import type { TSchema } from "@sinclair/typebox";
import { TypeCompiler, type ValueError, ValueErrorType } from "@sinclair/typebox/compiler";
import { RequestFault } from "./faults.ts";

type Checked = { readonly value: unknown } | { readonly error: RequestFault };

/** Where a part of a request is named in messages. */
const PLACES: Readonly<Record<string, string>> = {
  body: "body",
  querystring: "query",
  params: "path",
  headers: "header",
};
const MAX_SHOWN_CHARS = 60;

/** A compiler for fastify's `setValidatorCompiler`. `named` are the schemas that a `$ref` may point to. */
export const validatorCompiler = (named: readonly TSchema[]) => {
  const byRef = new Map(named.map((schema) => [`${schema.$id}#`, schema]));
  return (route: { readonly schema: unknown; readonly httpPart?: string }) => {
    const given = route.schema as TSchema;
    const schema = byRef.get(given.$ref) ?? given;
    const part = route.httpPart ?? "body";
    const place = PLACES[part] ?? part;
    const compiled = TypeCompiler.Compile(schema);
    return (input: unknown): Checked => {
      const value =
        part === "querystring" ? fromText(schema, input) : part === "body" ? orEmpty(schema, input) : input;
      if (compiled.Check(value)) return { value };
      if (part === "body" && (value === undefined || value === null))
        return { error: new RequestFault("body: a JSON object is required", { field: "body" }) };
      return { error: faultOf(place, compiled.Errors(value).First()) };
    };
  };
};

/** A request without a body, where nothing in the body is required, means the empty one. */
const orEmpty = (schema: TSchema, input: unknown): unknown =>
  (input === undefined || input === null) && schema.required === undefined ? {} : input;

const fromText = (schema: TSchema, input: unknown): unknown => {
  const query: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input as Record<string, unknown>)) {
    const type: unknown = schema.properties?.[key]?.type;
    query[key] =
      typeof value !== "string"
        ? value
        : type === "integer"
          ? digits(value)
          : type === "boolean"
            ? truth(value)
            : value;
  }
  return query;
};

const digits = (value: string): unknown => (/^[0-9]{1,16}$/.test(value) ? Number(value) : value);
const truth = (value: string): unknown => {
  if (value === "1" || value === "true") return true;
  return value === "0" || value === "false" ? false : value;
};

const faultOf = (place: string, error: ValueError | undefined): RequestFault => {
  if (error === undefined)
    return new RequestFault(`${place}: not what /openapi.json describes`, { field: place });
  const field = place + error.path;
  return new RequestFault(`${field}: ${problem(place, error)}`, { field });
};

const problem = (place: string, error: ValueError): string => {
  const { schema, value } = error;
  if (error.type === ValueErrorType.ObjectRequiredProperty) return `is missing; give ${expected(schema)}`;
  if (error.type === ValueErrorType.ObjectAdditionalProperties) return `is not known here; ${known(schema)}`;
  if (error.type === ValueErrorType.ObjectMinProperties) return `nothing is asked for; ${known(schema)}`;
  if (place === "query" && Array.isArray(value)) return "is given more than once; separate values by commas";
  return `${shown(value)} is not accepted; give ${expected(schema)}`;
};

const known = (schema: TSchema): string => {
  const names = Object.keys(schema.properties ?? {});
  if (schema.patternProperties !== undefined) return "names are not empty and have no = or NUL";
  return names.length === 0 ? "nothing can be given" : `known are ${names.join(", ")}`;
};

const expected = (schema: TSchema): string => {
  if (schema.enum !== undefined)
    return `one of ${schema.enum.map((word: string) => JSON.stringify(word)).join(", ")}`;
  if (schema.type === "integer") return `a whole number from ${schema.minimum} to ${schema.maximum}`;
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "array") return `a list of at most ${schema.maxItems}`;
  if (schema.type === "object") return "an object";
  if (schema.maxLength !== undefined && !isOwnPattern(schema))
    return `text of at most ${schema.maxLength} characters without NUL`;
  return schema.description ?? "text without NUL";
};

/** A pattern beyond "no NUL" has a description that says what is right. */
const isOwnPattern = (schema: TSchema): boolean =>
  schema.description !== undefined &&
  schema.pattern !== undefined &&
  !schema.pattern.startsWith("^[^\\u0000]*");

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS)}…`;
};
