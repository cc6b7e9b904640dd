/** Starts the echo worker from wherever this module is, and prints its answer. Run as a program by a test. */
import { Worker } from "node:worker_threads";
import { workerFile } from "../../plugins/sdk/worker-file.ts";

const { filename, execArgv } = workerFile(import.meta.url, "echo-worker");
const worker = new Worker(filename, { execArgv: [...execArgv], workerData: "ping" });
worker.on("message", (answer: unknown) => console.log(JSON.stringify(answer)));
