/** Reads a list of nodes with GPUs: one a row, all of them empty. */
import { MAX_NODES } from "../../model/ids.ts";
import { ok, type Result } from "../../model/refusal.ts";
import { MAX_SHARE_MODELS } from "../../model/sharing.ts";
import { MAX_POD_GPUS, type NodeList } from "./pod.ts";
import { MAX_AMOUNT } from "./pod-list.ts";
import { readTable, type TableColumn } from "./table-file.ts";

const COLUMNS: readonly TableColumn[] = [
  { name: "cpu_milli", most: MAX_AMOUNT },
  { name: "memory_mib", most: MAX_AMOUNT },
  { name: "gpu", most: MAX_POD_GPUS },
  { name: "model", isOptional: true },
];

/** Refused with the line and reason where a row is wrong. */
export async function readNodes(path: string): Promise<Result<NodeList>> {
  const rows: (readonly [number, number, number, number])[] = [];
  const models: string[] = [];
  const read = await readTable(path, COLUMNS, (numbers, texts) => {
    const [cpuMilli, memoryMib, gpus] = numbers as [number, number, number];
    if (rows.length === MAX_NODES) return `a list has at most ${MAX_NODES} nodes`;
    let model = -1;
    if (gpus > 0) {
      const name = texts[3]!;
      model = models.indexOf(name);
      if (model === -1) {
        if (models.length === MAX_SHARE_MODELS) return `a list has at most ${MAX_SHARE_MODELS} GPU models`;
        model = models.push(name) - 1;
      }
    }
    rows.push([cpuMilli, memoryMib, gpus, model]);
    return undefined;
  });
  if (!read.ok) return read;
  return ok({
    cpuMilli: Int32Array.from(rows, ([cpuMilli]) => cpuMilli),
    memoryMib: Int32Array.from(rows, ([, memoryMib]) => memoryMib),
    gpus: Uint8Array.from(rows, ([, , gpus]) => gpus),
    model: Int8Array.from(rows, ([, , , model]) => model),
    models,
  });
}
