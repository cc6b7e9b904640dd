/**
 * A worker thread with the site's admission module: answers batches of questions, one call each. Opens the module once.
 * Says on shared memory which question it is at, so that one that never ends can be told from the others.
 */
import { Piscina } from "piscina";
import { ActiveModule } from "../wasm/active-module.ts";
import { instantiateAdmission } from "../wasm/admission.ts";
import { CallTimes } from "../wasm/call-times.ts";
import { loadPolicyModule } from "../wasm/module.ts";
import type {
  AdmissionBatch,
  AdmissionBatchAnswer,
  AdmissionWorkerData,
  Judged,
} from "./admission-messages.ts";

const { module, fuel, marker, progress } = Piscina.workerData as AdmissionWorkerData;
const times = new CallTimes(new ActiveModule(new Int32Array(marker)));
const at = new Int32Array(progress);
const loaded = loadPolicyModule(module.source, "admission");
const opened = loaded.ok
  ? instantiateAdmission(loaded.value, module.parameters, {
      number: module.number,
      seed: 0,
      marker: times,
      fuel,
      ...(module.partitions && { partitions: module.partitions }),
    })
  : loaded;

export default function run({ questions }: AdmissionBatch): AdmissionBatchAnswer {
  const judged = questions.map((question, index): Judged => {
    Atomics.store(at, 0, index);
    if (opened.ok) return opened.value.judge(question);
    const { code, message } = opened.refusal;
    return { fault: { code, message } };
  });
  return { judged, uses: times.take() };
}
