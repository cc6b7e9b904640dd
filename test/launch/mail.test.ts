import { describe, expect, test } from "vitest";
import { mailFor } from "../../core/launch/mail.ts";
import { jobId } from "../../core/model/ids.ts";
import { job, SUBMIT_S } from "./jobs.ts";

const ended = { state: "COMPLETED", endS: SUBMIT_S + 6 } as const;

describe("a job's mail", () => {
  test("comes only for what was asked", () => {
    expect(mailFor(job(), "BEGIN")).toBeUndefined();
    expect(mailFor(job({ of: { mailType: ["END"] } }), "BEGIN")).toBeUndefined();
    expect(mailFor(job({ ...ended, of: { mailType: ["FAIL"] } }), "END")).toBeUndefined();
    expect(mailFor(job({ of: { mailType: ["ALL"] } }), "TIME_LIMIT")).toBeUndefined();
  });

  test("says in its subject what happened, as Slurm's does", () => {
    const all = { mailType: ["ALL", "TIME_LIMIT", "TIME_LIMIT_90"], mailUser: "a@example.org" };
    expect(mailFor(job({ of: all }), "BEGIN")).toMatchObject({
      to: "a@example.org",
      subject: "Slurm Job_id=1 Name=hello Began, Queued time 00:00:01",
    });
    expect(mailFor(job({ ...ended, of: all }), "END")?.subject).toBe(
      "Slurm Job_id=1 Name=hello Ended, Run time 00:00:05, COMPLETED, ExitCode 0",
    );
    expect(mailFor(job({ ...ended, state: "FAILED", exitCode: 3, of: all }), "END")?.subject).toBe(
      "Slurm Job_id=1 Name=hello Failed, Run time 00:00:05, FAILED, ExitCode 3",
    );
    expect(mailFor(job({ ...ended, state: "CANCELLED", exitSignal: 15, of: all }), "END")?.subject).toBe(
      "Slurm Job_id=1 Name=hello Failed, Run time 00:00:05, CANCELLED",
    );
    expect(mailFor(job({ of: all }), "REQUEUE")?.subject).toMatch(/Requeued$/);
    expect(mailFor(job({ of: all }), "TIME_LIMIT_90")?.subject).toMatch(/Reached 90% of time limit$/);
    expect(mailFor(job({ of: all }), "TIME_LIMIT")?.subject).toMatch(/Reached time limit$/);
  });

  test("goes to the user when no address was given, and names the output", () => {
    const mail = mailFor(job({ ...ended, of: { mailType: ["end"] } }), "END");
    expect(mail?.to).toBe("root");
    expect(mail?.body).toContain("Output: /home/alice/job/slurm-1.out");
  });

  test("of a failure comes for FAIL alone", () => {
    expect(mailFor(job({ ...ended, state: "TIMEOUT", of: { mailType: ["FAIL"] } }), "END")?.subject).toMatch(
      /TIMEOUT/,
    );
  });

  test("has a subject of one line, whatever the job is called", () => {
    const mail = mailFor(job({ name: "a\nBcc: b", of: { mailType: ["BEGIN"] } }), "BEGIN");
    expect(mail?.subject).not.toMatch(/[\r\n]/);
  });
});

describe("an array's mail", () => {
  const array = { arrayJobId: jobId(2), taskId: 1, taskCount: 4, taskMin: 0, taskMax: 3, taskStep: 1 };
  const task = (mailType: readonly string[]) => job({ ...ended, id: jobId(9), array, of: { mailType } });
  const facts = { taskCount: 4, started: 1, ended: 0, failed: 0 };

  test("is of each task only with ARRAY_TASKS", () => {
    expect(mailFor(task(["END"]), "END")).toBeUndefined();
    expect(mailFor(task(["END", "ARRAY_TASKS"]), "END")?.subject).toMatch(
      /^Slurm Array Task Job_id=2_1 \(9\) Name=hello Ended, Run time/,
    );
  });

  test("is of the whole, when the first task starts and the last one ends", () => {
    expect(mailFor(task(["BEGIN"]), "BEGIN", facts)?.subject).toMatch(
      /^Slurm Array Summary Job_id=2_\* .* Began$/,
    );
    expect(mailFor(task(["BEGIN"]), "BEGIN", { ...facts, started: 2 })).toBeUndefined();
    expect(mailFor(task(["END"]), "END", { ...facts, ended: 3 })).toBeUndefined();
    expect(mailFor(task(["END"]), "END", { ...facts, ended: 4 })?.subject).toMatch(/Ended, COMPLETED$/);
    expect(mailFor(task(["END"]), "END", { ...facts, ended: 4, failed: 1 })?.subject).toMatch(
      /Ended, Mixed$/,
    );
    expect(mailFor(task(["FAIL"]), "END", { ...facts, ended: 4, failed: 4 })?.subject).toMatch(
      /Failed, FAILED$/,
    );
    expect(mailFor(task(["FAIL"]), "END", { ...facts, ended: 4 })).toBeUndefined();
  });
});
