/**
 * What srun and the nodes of its step say to each other over TCP: a length, a kind, a number and bytes. The node calls,
 * shows the first half of the step's key and gets the second half with the launch; from there on output, ends and
 * signals pass. Bytes from outside are checked here: a frame that is too long or of no known kind ends the connection.
 */

/** Kinds of frames from a node to srun, then from srun to a node. */
export const STEP_FRAME = {
  /** JSON {key, nodeRank}. */
  HELLO: 1,
  /** JSON {pids}, by local id. */
  STARTED: 2,
  /** Bytes of the task whose rank is the number. */
  STDOUT: 3,
  STDERR: 4,
  /** JSON {tasks, code, signal, oom}: tasks that ended alike. */
  EXITED: 5,
  /** Every task has ended and all output is sent. */
  DONE: 6,
  /** JSON {text, code}: the node's tasks could not be started. */
  FAILED: 7,
  /** JSON pairs that a node's tasks have put, of the barrier whose number it is. */
  PMI_FENCE: 8,
  /** JSON {rank, code, text}: a task gives the whole step up. */
  PMI_ABORT: 9,
  /** The step is being ended by order of the controller or the agent. */
  ENDING: 10,

  /** JSON {key} and a StepLaunch. */
  LAUNCH: 32,
  /** Bytes for the task whose rank is the number, or for all. */
  STDIN: 33,
  STDIN_END: 34,
  /** The number is the signal. */
  SIGNAL: 35,
  /** End the step: SIGTERM, and SIGKILL after the grace. The number is 1 where SIGKILL comes at once. */
  TERMINATE: 36,
  /** JSON pairs of all nodes. */
  PMI_KVS: 37,
  /** The number is rows * 65536 + columns of the terminal. */
  WINDOW: 38,
} as const;

/** Stands for no task in particular. */
export const NO_TASK = 0xffff_ffff;
export const ALL_TASKS = NO_TASK;

/** Bytes of one frame behind its length. A launch holds an environment and a command line. */
export const MAX_STEP_FRAME_BYTES = 16 * 1024 * 1024;
/** Output is cut into pieces of this. */
export const OUTPUT_CHUNK_BYTES = 64 * 1024;
const HEAD_BYTES = 9;

/** What srun tells each node of its tasks. */
export interface StepLaunch {
  readonly key: string;
  /** By rank where programs differ; else one for all. */
  readonly programs: readonly { readonly ranks?: readonly number[]; readonly argv: readonly string[] }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workDir: string;
  readonly umask: number;
  /** Patterns with what is the same on all nodes filled in; "" for srun's own. */
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly openMode: "append" | "truncate";
  /** Whose stdin is srun's: `all`, `none`, or a rank. */
  readonly stdinTo: "all" | "none" | number;
  /** Ranks of each node's tasks, where tasks speak PMI; else empty. */
  readonly ranks: readonly (readonly number[])[];
  readonly jobName: string;
  readonly pmi: boolean;
  readonly pty: { readonly rows: number; readonly columns: number } | null;
}

export interface TaskEnds {
  readonly tasks: readonly number[];
  readonly code: number;
  /** 0 for none. */
  readonly signal: number;
  readonly oom: boolean;
}

export interface StepFrame {
  readonly kind: number;
  readonly number: number;
  readonly bytes: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** The frame's head and its bytes, for two writes. */
export const stepFrame = (kind: number, number: number, bytes: Buffer = NOTHING): Buffer => {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + bytes.length);
  frame.writeUInt32BE(HEAD_BYTES - 4 + bytes.length, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32BE(number, 5);
  bytes.copy(frame, HEAD_BYTES);
  return frame;
};

export const jsonFrame = (kind: number, number: number, value: unknown): Buffer =>
  stepFrame(kind, number, Buffer.from(JSON.stringify(value)));

/** Cuts a stream into frames. */
export class StepFrameReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes = MAX_STEP_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that these bytes complete, or why the other side does not follow the protocol. */
  push(bytes: Buffer): StepFrame[] | string {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    const frames: StepFrame[] = [];
    if (this.#length < HEAD_BYTES) return frames;
    let whole = this.#parts.length === 1 ? bytes : undefined;
    if (whole === undefined) {
      // A long frame comes in many pieces: they are joined once, when enough are there.
      const first = this.#parts[0]!.length >= 4 ? this.#parts[0]! : Buffer.concat(this.#parts);
      const length = first.readUInt32BE(0);
      if (length > this.#maxBytes) return `a frame of ${length} bytes`;
      if (this.#length < 4 + length) return frames;
      whole = Buffer.concat(this.#parts);
    }
    let at = 0;
    while (whole.length - at >= HEAD_BYTES) {
      const length = whole.readUInt32BE(at);
      if (length > this.#maxBytes || length < HEAD_BYTES - 4) return `a frame of ${length} bytes`;
      if (whole.length - at < 4 + length) break;
      frames.push({
        kind: whole.readUInt8(at + 4),
        number: whole.readUInt32BE(at + 5),
        bytes: whole.subarray(at + HEAD_BYTES, at + 4 + length),
      });
      at += 4 + length;
    }
    this.#parts = at === whole.length ? [] : [whole.subarray(at)];
    this.#length = whole.length - at;
    return frames;
  }
}

/** A frame's JSON, or undefined when it is none. */
export const frameJson = <T>(frame: StepFrame): T | undefined => {
  try {
    return JSON.parse(frame.bytes.toString("utf8")) as T;
  } catch {
    return undefined;
  }
};

/** The two halves of a key: what the node shows, and what srun answers. */
export const keyHalves = (key: string): readonly [node: string, srun: string] => [
  key.slice(0, key.length / 2),
  key.slice(key.length / 2),
];
