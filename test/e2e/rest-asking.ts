/** Asking a live controller's REST API, and holding each answer against its own OpenAPI document. */
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";

interface Operation {
  readonly responses: Record<string, { readonly content?: Record<string, object> }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

let url = "";
let token = "";
export let document: Document;
let ajv: Ajv2020;
/** Routes, `get /v1/jobs`, whose success has been seen and found as the document says. */
export const seen = new Set<string>();

/** Before any other call: which controller is asked. */
export async function askAt(baseUrl: string, withToken: string): Promise<void> {
  url = baseUrl;
  token = withToken;
  document = JSON.parse((await send("GET", "/openapi.json")).text) as Document;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, "document");
}

export async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text(), type: answer.headers.get("content-type") ?? "" };
}

/** Sends a request of a route of the document, checks the answer against it and gives it as JSON, or as its text. */
export async function ask<T>(route: string, path: string, body?: unknown): Promise<T> {
  const [method, pattern] = route.split(" ") as [string, string];
  const answer = await send(method.toUpperCase(), path, body);
  const { responses } = document.paths[pattern]![method]!;
  const status = Object.keys(responses).find((one) => one.startsWith("2"))!;
  expect(`${answer.status} ${answer.text}`).toMatch(new RegExp(`^${status} `));
  const type = Object.keys(responses[status]!.content ?? {})[0];
  seen.add(route);
  if (type === undefined) expect(answer.text).toBe("");
  else expect(answer.type).toContain(type);
  if (type !== "application/json") return answer.text as T;
  const value = JSON.parse(answer.text) as T;
  expect(faults(route, status, value)).toEqual([]);
  return value;
}

/** What a refusal says; checked against the document. */
export async function refused(
  route: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; code: string }> {
  const [method] = route.split(" ") as [string];
  const { status, text } = await send(method.toUpperCase(), path, body);
  const value = JSON.parse(text) as { code: string };
  expect(faults(route, status < 500 ? "4XX" : "5XX", value)).toEqual([]);
  return { status, code: value.code };
}

function faults(route: string, status: string, value: unknown): unknown[] {
  const [method, path] = route.split(" ") as [string, string];
  const point = (text: string) => encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
  const validate = ajv.getSchema(
    `document#/paths/${point(path)}/${method}/responses/${status}/content/${point("application/json")}/schema`,
  );
  if (validate === undefined) throw new Error(`no schema for ${status} of ${route}`);
  return validate(value) === true ? [] : (validate.errors ?? []);
}
