/**
 * PMI for the tasks of one node of a step: answers their requests over their sockets, keeps what they put, and at a
 * barrier sends it to srun, which answers once every node has come to it. Both versions are served, whichever a task
 * speaks. Knows no process: who leaves is told.
 */
import type { Duplex } from "node:stream";
import { frameJson, type StepFrame } from "../../protocol/step-frames.ts";
import { processMapping } from "./pmi-mapping.ts";
import { PmiReader, type PmiWords, pmiLine, pmiList } from "./pmi-words.ts";

export interface NodePmiOptions {
  /** Name of the space of keys. */
  readonly jobId: string;
  /** Of this node's tasks. */
  readonly ranks: readonly number[];
  /** Ranks of each node of the step. */
  readonly layout: readonly (readonly number[])[];
  /** All tasks of this node have come to barrier `number`, with what they have put since the last. */
  readonly fence: (number: number, pairs: readonly (readonly [string, string])[]) => void;
  readonly abort: (rank: number, code: number, text: string) => void;
}

export const MAX_PMI_KEY_CHARS = 64;
export const MAX_PMI_VALUE_CHARS = 1024;
const MAX_PMI_NAME_CHARS = 256;
/** Keys of one step. */
export const MAX_PMI_PAIRS = 1_048_576;

type Pairs = Readonly<Record<string, string | number>>;

interface PmiTask {
  readonly rank: number;
  readonly socket: Duplex;
  readonly reader: PmiReader;
  state: "new" | "in" | "out";
  /** The request that waits for the barrier. */
  waiting: PmiWords | undefined;
}

export class NodePmi {
  readonly #options: NodePmiOptions;
  readonly #tasks = new Map<number, PmiTask>();
  readonly #kvs = new Map<string, string>();
  readonly #attributes = new Map<string, string>();
  #awaited: { readonly task: PmiTask; readonly words: PmiWords }[] = [];
  #put: (readonly [string, string])[] = [];
  #barrier = 0;
  #inBarrier = 0;

  constructor(options: NodePmiOptions) {
    this.#options = options;
    this.#kvs.set("PMI_process_mapping", processMapping(options.layout));
  }

  add(rank: number, socket: Duplex): void {
    const task: PmiTask = { rank, socket, reader: new PmiReader(), state: "new", waiting: undefined };
    this.#tasks.set(rank, task);
    socket.on("data", (bytes: Buffer) => {
      const problem = task.reader.push(bytes, (words) => this.#take(task, words));
      if (problem !== undefined) socket.destroy();
    });
  }

  /** A task has ended. One that was to come to the barriers and did not say good-bye takes the step with it. */
  left(rank: number): void {
    const task = this.#tasks.get(rank);
    if (task?.state === "in") this.#options.abort(rank, 1, "");
    this.#tasks.delete(rank);
  }

  /** All nodes have come to the barrier: what they have put. */
  fenced(frame: StepFrame): void {
    if (frame.number !== this.#barrier) return;
    for (const [key, value] of frameJson<readonly (readonly [string, string])[]>(frame) ?? []) {
      if (this.#kvs.size < MAX_PMI_PAIRS) this.#kvs.set(key, value);
    }
    this.#barrier++;
    this.#inBarrier = 0;
    for (const task of this.#tasks.values()) {
      if (task.waiting === undefined) continue;
      const request = task.waiting;
      task.waiting = undefined;
      if (task.reader.version === 1) task.socket.write(pmiLine("barrier_out", { rc: 0 }));
      else task.socket.write(pmiList("kvs-fence-response", { rc: 0 }, request));
    }
  }

  #take(task: PmiTask, words: PmiWords): void {
    const cmd = words.get("cmd") ?? words.get("mcmd") ?? "";
    if (cmd === "init") this.#init(task, words);
    else if (cmd === "abort") this.#abort(task, words);
    else if (task.reader.version === 1) {
      const answer = this.#answerOne(task, cmd, words);
      if (answer !== undefined) task.socket.write(pmiLine(...answer));
    } else {
      const answer = this.#answerTwo(task, cmd, words);
      if (answer !== undefined) task.socket.write(pmiList(`${cmd}-response`, answer, words));
    }
  }

  #init(task: PmiTask, words: PmiWords): void {
    const version = words.get("pmi_version") === "2" ? 2 : 1;
    const subversion = version === 2 ? 0 : 1;
    task.socket.write(
      pmiLine("response_to_init", { pmi_version: version, pmi_subversion: subversion, rc: 0 }),
    );
    task.reader.version = version;
    task.state = "in";
  }

  #abort(task: PmiTask, words: PmiWords): void {
    task.state = "out";
    const code = Number(words.get("exitcode") ?? 1);
    this.#options.abort(task.rank, Number.isInteger(code) ? code & 255 : 1, words.get("msg") ?? "");
  }

  #answerOne(task: PmiTask, cmd: string, words: PmiWords): readonly [cmd: string, pairs: Pairs] | undefined {
    const { jobId, layout } = this.#options;
    const good = { rc: 0, msg: "success" };
    switch (cmd) {
      case "get_maxes":
        return [
          "maxes",
          {
            rc: 0,
            kvsname_max: MAX_PMI_NAME_CHARS,
            keylen_max: MAX_PMI_KEY_CHARS,
            vallen_max: MAX_PMI_VALUE_CHARS,
          },
        ];
      case "get_appnum":
        return ["appnum", { rc: 0, appnum: 0 }];
      case "get_my_kvsname":
        return ["my_kvsname", { rc: 0, kvsname: jobId }];
      case "get_universe_size":
        return ["universe_size", { rc: 0, size: layout.reduce((sum, ranks) => sum + ranks.length, 0) }];
      case "create_kvs":
        return ["newkvs", { rc: 0, kvsname: jobId }];
      case "destroy_kvs":
        return ["kvs_destroyed", good];
      case "put": {
        const isKept = this.#keep(words.get("key"), words.get("value"));
        return ["put_result", isKept ? good : { rc: -1, msg: "too_long" }];
      }
      case "get": {
        const value = this.#kvs.get(words.get("key") ?? "");
        return value === undefined
          ? ["get_result", { rc: -1, msg: "key_not_found", value: "unknown" }]
          : ["get_result", { ...good, value }];
      }
      case "barrier_in":
        this.#enter(task, words);
        return undefined;
      case "finalize":
        task.state = "out";
        return ["finalize_ack", { rc: 0 }];
      case "publish_name":
        return ["publish_result", { rc: 1, msg: "not_supported" }];
      case "unpublish_name":
        return ["unpublish_result", { rc: 1, msg: "not_supported" }];
      case "lookup_name":
        return ["lookup_result", { rc: 1, msg: "not_supported" }];
      case "spawn":
        return ["spawn_result", { rc: -1, errmsg: "not_supported" }];
      default:
        return undefined;
    }
  }

  #answerTwo(task: PmiTask, cmd: string, words: PmiWords): Pairs | undefined {
    const { jobId, layout } = this.#options;
    const key = words.get("key") ?? "";
    switch (cmd) {
      case "fullinit":
        return {
          "pmi-version": 2,
          "pmi-subversion": 0,
          rank: task.rank,
          size: layout.reduce((sum, ranks) => sum + ranks.length, 0),
          appnum: 0,
          debugged: "FALSE",
          pmiverbose: 0,
          rc: 0,
        };
      case "job-getid":
        return { jobid: jobId, rc: 0 };
      case "kvs-put":
        return { rc: this.#keep(key, words.get("value")) ? 0 : 1 };
      case "kvs-get":
        return found(this.#kvs.get(key));
      case "kvs-fence":
        this.#enter(task, words);
        return undefined;
      case "info-putnodeattr":
        this.#attributes.set(key, (words.get("value") ?? "").slice(0, MAX_PMI_VALUE_CHARS));
        this.#answerAwaited();
        return { rc: 0 };
      case "info-getnodeattr": {
        const value = this.#attributes.get(key);
        const waits = value === undefined && words.get("wait")?.toUpperCase() === "TRUE";
        if (!waits) return found(value);
        this.#awaited.push({ task, words });
        return undefined;
      }
      case "info-getjobattr":
        return found(
          key === "universeSize"
            ? `${layout.reduce((sum, ranks) => sum + ranks.length, 0)}`
            : this.#kvs.get(key),
        );
      case "finalize":
        task.state = "out";
        return { rc: 0 };
      default:
        return { rc: 1, errmsg: "not supported" };
    }
  }

  #answerAwaited(): void {
    const still = this.#awaited.filter(({ task, words }) => {
      const value = this.#attributes.get(words.get("key") ?? "");
      if (value === undefined) return true;
      task.socket.write(pmiList("info-getnodeattr-response", found(value), words));
      return false;
    });
    this.#awaited = still;
  }

  #keep(key: string | undefined, value: string | undefined): boolean {
    if (key === undefined || value === undefined || key === "") return false;
    if (key.length > MAX_PMI_KEY_CHARS || value.length > MAX_PMI_VALUE_CHARS) return false;
    if (this.#kvs.size >= MAX_PMI_PAIRS) return false;
    this.#kvs.set(key, value);
    this.#put.push([key, value]);
    return true;
  }

  #enter(task: PmiTask, words: PmiWords): void {
    if (task.waiting !== undefined) return;
    task.waiting = words;
    if (++this.#inBarrier < this.#options.ranks.length) return;
    this.#options.fence(this.#barrier, this.#put);
    this.#put = [];
  }
}

const found = (value: string | undefined): Pairs =>
  value === undefined ? { found: "FALSE", rc: 0 } : { found: "TRUE", value, rc: 0 };
