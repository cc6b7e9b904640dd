/**
 * Frames to bytes and back. Runs for each WebSocket message of an agent or a controller. Bytes from outside are
 * checked here and nowhere else: size, structure, kinds, field types and ranges; what does not fit is a Refusal. Never
 * throws on input, never talks to a socket.
 */
import type { TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { Packr, Unpackr } from "msgpackr";
import { ok, type Result, refuse } from "../../core/model/refusal.ts";
import { type AgentFrame, type ControllerFrame, MAX_FRAME_BYTES } from "./frames.ts";
import { AGENT_BODIES, AGENT_FRAMES, CONTROLLER_BODIES, CONTROLLER_FRAMES } from "./schema.ts";
import { wireProblem } from "./wire-check.ts";

/**
 * The bytes of a frame. The caller keeps orders below MAX_FRAME_BYTES: a script has at most 4 MiB and an environment
 * at most 1 MiB.
 */
export const encodeFrame = (frame: AgentFrame | ControllerFrame): Uint8Array => PACKR.pack(frame);

/** A frame from an agent, or why the bytes are none (BAD_REQUEST, TOO_LARGE). */
export const decodeAgentFrame = (bytes: Uint8Array): Result<AgentFrame> =>
  decode(bytes, AGENT_CHECKS) as Result<AgentFrame>;

/** A frame from a controller, or why the bytes are none (BAD_REQUEST, TOO_LARGE). */
export const decodeControllerFrame = (bytes: Uint8Array): Result<ControllerFrame> =>
  decode(bytes, CONTROLLER_CHECKS) as Result<ControllerFrame>;

/** A WebSocket message as bytes: ws gives a Buffer, a list of Buffers or an ArrayBuffer. */
export const messageBytes = (message: Buffer | ArrayBuffer | readonly Buffer[]): Uint8Array =>
  message instanceof ArrayBuffer
    ? new Uint8Array(message)
    : Array.isArray(message)
      ? Buffer.concat(message)
      : (message as Buffer);

// No records, no structured clones: plain MessagePack that any language reads.
const PACKR = new Packr({ useRecords: false, encodeUndefinedAsNil: false, variableMapSize: true });
const UNPACKR = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

interface FrameChecks {
  readonly frames: ReadonlyMap<string, TypeCheck<TSchema>>;
  readonly bodies: ReadonlyMap<string, TypeCheck<TSchema>>;
}

const compileAll = (schemas: Readonly<Record<string, TSchema>>): ReadonlyMap<string, TypeCheck<TSchema>> =>
  new Map(Object.entries(schemas).map(([kind, schema]) => [kind, TypeCompiler.Compile(schema)]));

const AGENT_CHECKS: FrameChecks = { frames: compileAll(AGENT_FRAMES), bodies: compileAll(AGENT_BODIES) };
const CONTROLLER_CHECKS: FrameChecks = {
  frames: compileAll(CONTROLLER_FRAMES),
  bodies: compileAll(CONTROLLER_BODIES),
};

const decode = (bytes: Uint8Array, checks: FrameChecks): Result<unknown> => {
  if (bytes.length > MAX_FRAME_BYTES) {
    return refuse("TOO_LARGE", `A frame has at most ${MAX_FRAME_BYTES} bytes.`, { bytes: bytes.length });
  }
  const problem = wireProblem(bytes);
  if (problem !== undefined) return refuse("BAD_REQUEST", `Not a MessagePack frame: ${problem}.`);
  let value: unknown;
  try {
    value = UNPACKR.unpack(bytes);
  } catch (error) {
    return refuse(
      "BAD_REQUEST",
      `Not a MessagePack frame: ${error instanceof Error ? error.message : "unreadable"}.`,
    );
  }
  const kind = kindOf(value);
  const bodyKind = kind === "data" ? kindOf((value as { body?: unknown }).body) : "";
  const check = kind === "data" ? checks.bodies.get(bodyKind) : checks.frames.get(kind);
  if (check === undefined) {
    return refuse("BAD_REQUEST", `No frame of this side is a "${kind === "data" ? bodyKind : kind}".`);
  }
  if (check.Check(value)) return ok(value);
  const first = check.Errors(value).First();
  return refuse(
    "BAD_REQUEST",
    `A ${bodyKind || kind} frame is wrong at ${first?.path || "/"}: ${first?.message ?? "?"}.`,
  );
};

const kindOf = (value: unknown): string => {
  if (typeof value !== "object" || value === null || !("kind" in value)) return "";
  return typeof value.kind === "string" ? value.kind.slice(0, 32) : "";
};
