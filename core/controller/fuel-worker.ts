/**
 * A thread that injects fuel into modules. It alone loads binaryen, so that a module which makes binaryen slow, hungry or
 * wrong takes this thread with it and nothing else.
 */
import { parentPort } from "node:worker_threads";
import { loadBinaryen } from "../wasm/fuel/binaryen.ts";
import { injectFuel } from "../wasm/fuel/inject.ts";

const binaryen = await loadBinaryen();
parentPort?.postMessage("ready");
parentPort?.on("message", (bytes: Uint8Array) => parentPort?.postMessage(injectFuel(binaryen, bytes)));
