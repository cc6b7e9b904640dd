/** A thread that opens the module it is given and asks it for a node: the module never comes back. */
import { parentPort, workerData } from "node:worker_threads";
import { ActiveModule } from "../../../core/wasm/active-module.ts";
import { loadPolicyModule } from "../../../core/wasm/module.ts";
import { instantiatePlacement } from "../../../core/wasm/placement.ts";
import { freeNodes, makeJob, unwrap } from "../nodes.ts";

const { bytes, cells, number } = workerData as { bytes: Uint8Array; cells: Int32Array; number: number };
const module = unwrap(loadPolicyModule(bytes, "placement"));
const policy = unwrap(instantiatePlacement(module, {}, { number, seed: 1, marker: new ActiveModule(cells) }));
policy.begin(freeNodes(8));
parentPort?.postMessage("ready");
policy.place(makeJob(), new Uint8Array(8).fill(1), 1, new Int32Array(1));
parentPort?.postMessage("came back");
