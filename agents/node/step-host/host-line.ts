/**
 * An agent's line to its step host: finds the one that an earlier agent left, starts one at the first step, and says when
 * it is gone. Orders wait until it is there.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { workerFile } from "../../../plugins/sdk/worker-file.ts";
import { type FromHost, line, lineReader, type ToHost } from "./control.ts";

export interface HostLineOptions {
  /** The agent's folder for steps; made where it is not there. */
  readonly folder: string;
  readonly onWord: (word: FromHost) => void;
  /** It ended, or could not be started: what ran in it is lost. */
  readonly onGone: (why: string) => void;
}

const RETRY_MS = 10;
const MAX_RETRIES = 1_000;

export class HostLine {
  readonly #options: HostLineOptions;
  #socket: Socket | undefined;
  #opening: Promise<Socket> | undefined;
  #closed = false;

  constructor(options: HostLineOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  /** Takes up the host that is there; resolves with whether there is one, after its first word. */
  async find(): Promise<boolean> {
    try {
      let heard = (): void => undefined;
      const first = new Promise<void>((done) => {
        heard = done;
      });
      this.#use(await this.#connect(), heard);
      await first;
      return true;
    } catch {
      return false;
    }
  }

  /** Hands an order to the host, and starts one where there is none. */
  send(order: ToHost): void {
    if (this.#socket !== undefined) {
      this.#socket.write(line(order));
      return;
    }
    if (this.#opening === undefined) {
      this.#opening = this.#open();
      this.#opening.then(
        () => {
          this.#opening = undefined;
        },
        (error: unknown) => {
          this.#opening = undefined;
          this.#options.onGone(error instanceof Error ? error.message : String(error));
        },
      );
    }
    this.#opening.then(
      (socket) => socket.write(line(order)),
      () => undefined,
    );
  }

  /** The agent goes; the host stays for as long as it has steps. */
  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  async #open(): Promise<Socket> {
    const { filename, execArgv } = workerFile(import.meta.url, "step-host");
    const { folder } = this.#options;
    const log = openSync(join(folder, "log"), "a", 0o600);
    const child = spawn(process.execPath, [...execArgv, filename, folder], {
      cwd: "/",
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    let ended = "";
    child.once("error", (error) => {
      ended = error.message;
    });
    child.once("exit", (code, signal) => {
      ended = `the step host ended (${signal ?? code})`;
    });
    child.unref();
    for (let tries = 0; tries < MAX_RETRIES && ended === ""; tries++) {
      try {
        const socket = await this.#connect();
        this.#use(socket, () => undefined);
        return socket;
      } catch {
        await new Promise((next) => setTimeout(next, RETRY_MS));
      }
    }
    throw new Error(ended === "" ? "the step host does not answer" : ended);
  }

  #connect(): Promise<Socket> {
    return new Promise((done, fail) => {
      // Through a descriptor, since a path of a socket has no more than 107 characters.
      const folder = openSync(this.#options.folder, "r");
      const socket = connect(join("/proc/self/fd", String(folder), "socket"));
      socket.once("connect", () => {
        closeSync(folder);
        done(socket);
      });
      socket.once("error", (error) => {
        if (socket.connecting || socket.pending) closeSync(folder);
        fail(error);
      });
    });
  }

  #use(socket: Socket, onFirst: () => void): void {
    this.#socket = socket;
    socket.on(
      "data",
      lineReader<FromHost>((word) => {
        this.#options.onWord(word);
        onFirst();
      }),
    );
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (!this.#closed) this.#options.onGone("the step host is gone");
    });
  }
}
