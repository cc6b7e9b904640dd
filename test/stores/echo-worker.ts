/** Answers one message of a test with what it was given, and says how it was loaded. */
import { parentPort, workerData } from "node:worker_threads";

const answer: { readonly data: unknown; readonly from: string } = { data: workerData, from: import.meta.url };
parentPort?.postMessage(answer);
