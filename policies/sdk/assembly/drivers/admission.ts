// The calls of every admission policy: one message each.
import { Admission } from "../admission";
import { PRESENT, Submission, SUBMISSION } from "../generated/submission";
import { beginAnswer, BLOCK } from "./message";

export { allocate, textOfBlock } from "./message";

/** Asks the policy about the submission in the block. */
export function submitJob<T extends Admission>(policy: T): void {
  beginAnswer();
  policy.submit(changetype<Submission>(<usize>load<u32>(BLOCK, SUBMISSION)));
}

/** Asks the policy about the update in the block, of the job beside it. */
export function modifyJob<T extends Admission>(policy: T): void {
  beginAnswer();
  const change = changetype<Submission>(<usize>load<u32>(BLOCK, SUBMISSION));
  policy.modify(change, changetype<Submission>(<usize>load<u32>(BLOCK, PRESENT)));
}
