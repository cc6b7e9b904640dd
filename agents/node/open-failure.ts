/**
 * Why a file that a job reads or writes could not be opened, in the words that Slurm's users know. Looked up only when
 * a launch failed; the shell that failed said it in words of its own.
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";

/** One line for the ended report. `step` is what the launch file could not do. */
export const openFailure = (
  step: string,
  files: { readonly stdin: string; readonly stdout: string; readonly stderr: string },
): string => {
  if (step.startsWith("user ")) return `The job could not become its user: ${step.slice("user ".length)}`;
  if (step !== "stdin" && step !== "stdout" && step !== "stderr")
    return `The job could not be put under its limits: ${step}`;
  const path = files[step];
  return `Could not open ${step} file ${path}: ${reasonOf(path, step === "stdin")}`;
};

const reasonOf = (path: string, mustExist: boolean): string => {
  if (kindOf(mustExist ? path : dirname(path)) === undefined) return "No such file or directory";
  if (!mustExist && kindOf(dirname(path)) === "file") return "Not a directory";
  return kindOf(path) === "directory" ? "Is a directory" : "Permission denied";
};

const kindOf = (path: string): "file" | "directory" | undefined => {
  try {
    return statSync(path).isDirectory() ? "directory" : "file";
  } catch {
    return undefined;
  }
};
