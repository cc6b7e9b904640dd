/**
 * Sends the mails that jobs asked for with --mail-type, through the site's mail program. Best effort: a failure is
 * logged and nothing waits for it. A bounded number run at a time; past it mails are dropped and that is logged.
 */
import { spawn } from "node:child_process";
import type { Logger } from "pino";
import { type ArrayFacts, type MailChange, mailFor } from "../launch/mail.ts";
import type { Job } from "../model/job.ts";

const MAX_RUNNING = 16;
const TIMEOUT_MS = 30_000;

export class Mailer {
  private readonly program: string;
  private readonly log: Logger;
  private running = 0;

  /** `program` takes `-s SUBJECT ADDRESS` and the body on its input, as mail(1) does; "" for no mail. */
  constructor(program: string, log: Logger) {
    this.program = program;
    this.log = log;
  }

  /** `array` is of the job's array, when it is a task. */
  changed(job: Job, change: MailChange, array?: ArrayFacts): void {
    const mail = mailFor(job, change, array);
    if (mail === undefined || this.program === "") return;
    if (this.running >= MAX_RUNNING) {
      this.log.warn({ jobId: job.id, change }, "mail dropped: too many are under way");
      return;
    }
    this.running++;
    const child = spawn(this.program, ["-s", mail.subject, mail.to], {
      stdio: ["pipe", "ignore", "ignore"],
      timeout: TIMEOUT_MS,
    });
    let isDone = false;
    const done = (problem: string): void => {
      if (isDone) return;
      isDone = true;
      this.running--;
      if (problem !== "") this.log.warn({ jobId: job.id, change, problem }, "mail could not be sent");
    };
    child.on("error", (error) => done(error.message));
    child.on("exit", (code) => done(code === 0 ? "" : `exit code ${code}`));
    child.stdin.on("error", () => undefined);
    child.stdin.end(mail.body);
  }
}
