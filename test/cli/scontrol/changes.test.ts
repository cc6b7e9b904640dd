/** scontrol's verbs that change something: what they ask of the controller, and what they say. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scontrol } from "../../../core/cli/scontrol/scontrol.ts";
import { type Asked, envOf, type Ran, refusal, run, useController } from "../controller.ts";
import { at } from "../views.ts";

const place = useController();

const ask = (...args: string[]): Promise<Ran> =>
  run(scontrol, "scontrol", args, { env: envOf(place.controller) });
/** The requests that a command makes. */
const requests = async (...args: string[]): Promise<[ran: Ran, asked: readonly Asked[]]> => {
  const before = place.controller.asked.length;
  const ran = await ask(...args);
  return [ran, place.controller.asked.slice(before)];
};

describe("scontrol's changes", () => {
  it("holds, releases and requeues each job that is named", async () => {
    const [ran, asked] = await requests("hold", "4", "jobid=5,6");
    expect(ran).toEqual({ out: "", err: "", status: 0 });
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/jobs/4/hold",
      "POST /v1/jobs/5/hold",
      "POST /v1/jobs/6/hold",
    ]);
    expect((await requests("release", "2_[2-3]"))[1][0]?.path).toBe("/v1/jobs/2_[2-3]/release");
    expect((await requests("requeuehold", "1"))[1][0]?.body).toEqual({ hold: true });
    expect((await requests("requeue", "1"))[1][0]?.body).toEqual({ hold: false });
  });

  it("says which jobs there are not", async () => {
    expect(await ask("hold", "99999")).toEqual({
      out: "",
      err: "Invalid job id specified for job 99999\nslurm_suspend error: Invalid job id specified\n",
      status: 1,
    });
    expect((await ask("requeue", "99999")).err).toBe("Invalid job id specified for job 99999\n");
    expect((await ask("hold", "abc")).err).toContain("Invalid job id specified for job abc\n");
    expect((await ask("hold")).err).toBe("too few arguments for keyword:hold\n");
    place.answer = () => refusal(409, "JOB_NOT_RUNNING");
    expect((await ask("requeue", "4")).err).toBe("Job is pending execution for job 4\n");
  });

  it("suspends and resumes, and says in Slurm's words what cannot be", async () => {
    const [ran, asked] = await requests("suspend", "4,5");
    expect(ran).toEqual({ out: "", err: "", status: 0 });
    expect(asked.map(({ path }) => path)).toEqual(["/v1/jobs/4/suspend", "/v1/jobs/5/suspend"]);
    expect((await requests("resume", "2_3"))[1][0]?.path).toBe("/v1/jobs/2_3/resume");
    for (const [code, sentence] of [
      ["JOB_NOT_RUNNING", "Job is pending execution"],
      ["JOB_ENDED", "Job/step already completing or completed"],
      ["JOB_NOT_SUSPENDED", "Job is not suspended"],
      ["ACCESS_DENIED", "Access/permission denied"],
    ] as const) {
      place.answer = () => refusal(409, code);
      expect(await ask("resume", "4")).toEqual({ out: "", err: `${sentence} for job 4\n`, status: 1 });
    }
  });

  it("updates fields of jobs", async () => {
    const [ran, asked] = await requests(
      ...["update", "JobId=4,5", "TimeLimit=10", "Priority=5", "Nice=-3", "Comment=new one", "JobName=x"],
      ...["StartTime=now+1hour", "Dependency=", "ArrayTaskThrottle=7", "Partition=long"],
    );
    expect(ran.status).toBe(0);
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "PATCH /v1/jobs/4",
      "PATCH /v1/jobs/5",
    ]);
    expect(asked[0]?.body).toEqual({
      timeLimitS: 600,
      priority: 5,
      nice: -3,
      comment: "new one",
      name: "x",
      beginS: at("20:07:21"),
      dependency: "",
      arrayThrottle: 7,
      partition: "long",
    });
  });

  it("adds to a job's limit and takes from it", async () => {
    expect((await requests("update", "job", "1", "TimeLimit=+10"))[1][1]?.body).toEqual({ timeLimitS: 900 });
    expect((await requests("update", "jobid=1", "TimeLimit=-2:00"))[1][1]?.body).toEqual({ timeLimitS: 180 });
  });

  it.each([
    [["update"], "too few arguments for update keyword\n"],
    [["update", "JobId=4"], "No changes specified\n"],
    [
      ["update", "JobId=4", "Bogus=1"],
      "Update of this parameter is not supported: Bogus=1\nRequest aborted\n",
    ],
    [["update", "JobId=4", "TimeLimit=x"], "scontrol: error: Invalid TimeLimit value\n"],
    [["update", "JobId=4", "Priority=x"], "scontrol: error: Invalid Priority value: x\n"],
    [["update", "JobId=99999", "Nice=1"], "Invalid job id specified for job 99999\n"],
    [
      ["update", "Bogus=1"],
      'No valid entity in update command\nInput line must include "NodeName", "PartitionName", "Reservation", "JobId", or "SlurmctldDebug"\n',
    ],
    [
      ["update", "NodeName=n1", "State=DRAIN"],
      "You must specify a reason when DOWNING or DRAINING a node. Request denied\n",
    ],
    [["update", "NodeName=n1"], "No changes specified\n"],
    [
      ["update", "NodeName=n1", "Weight=abc"],
      "scontrol: error: Weight value (abc) is not a valid number\nNo changes specified\n",
    ],
    [
      ["update", "PartitionName=long", "State=DOWN"],
      "scontrol: error: update partitionname is not supported by this version of Rota\n",
    ],
  ])("refuses %j", async (args, err) => {
    expect(await ask(...args)).toEqual({ out: "", err, status: 1 });
  });

  it("updates nodes by list", async () => {
    place.answer = ({ path }) => (path.startsWith("/v1/nodes/") ? { status: 204 } : undefined);
    const [, asked] = await requests("update", "NodeName=n[1-2]", "State=drain", "Reason=bad disk");
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      ["/v1/nodes/n1", { state: "DRAIN", reason: "bad disk" }],
      ["/v1/nodes/n2", { state: "DRAIN", reason: "bad disk" }],
    ]);
    const [, weighed] = await requests("update", "nodename=n4", "weight=77");
    expect(weighed.map(({ body }) => body)).toEqual([{ weight: 77 }]);
    place.answer = () => refusal(404, "UNKNOWN_NODE");
    expect((await ask("update", "nodename=nope", "state=resume")).err).toBe(
      "slurm_update error: Invalid node name specified\n",
    );
  });

  it.each([
    [["reboot", "n1"], [{ state: "REBOOT" }]],
    [
      ["reboot", "ASAP", "nextstate=resume", "reason=new kernel", "n[1-2]"],
      Array(2).fill({ state: "REBOOT", asap: true, nextState: "RESUME", reason: "new kernel" }),
    ],
    [["cancel_reboot", "n1"], [{ state: "CANCEL_REBOOT" }]],
    [["update", "NodeName=n1", "State=power_down"], [{ state: "POWER_DOWN" }]],
    [["update", "NodeName=n1", "State=POWER_DOWN_ASAP"], [{ state: "POWER_DOWN_ASAP" }]],
    [["update", "NodeName=n1", "State=POWER_UP"], [{ state: "POWER_UP" }]],
  ])("asks for what %j says", async (args, bodies) => {
    place.answer = ({ path }) => (path.startsWith("/v1/nodes/") ? { status: 204 } : undefined);
    const [said, asked] = await requests(...args);
    expect([said, asked.map(({ body }) => body)]).toEqual([{ out: "", err: "", status: 0 }, bodies]);
  });

  it.each([
    [["reboot"], "Missing node list. Specify ALL|<NodeList>\n"],
    [["reboot", "nextstate=up", "n1"], "Invalid state: up\n Valid states: DOWN, RESUME\n"],
    [["reboot", "nope"], "scontrol_reboot_nodes error: Invalid node name specified\n"],
  ])("refuses %j", async (args, err) => {
    place.answer = () => refusal(404, "UNKNOWN_NODE");
    expect(await ask(...args)).toEqual({ out: "", err, status: 1 });
  });

  it("writes a batch script", async () => {
    place.answer = ({ path }) =>
      path.endsWith("/script") ? { status: 200, body: "#!/bin/sh\nhi\n" } : undefined;
    expect((await ask("write", "batch_script", "1", "-")).out).toBe("#!/bin/sh\nhi\n");
    const folder = mkdtempSync(join(tmpdir(), "rota-scontrol-"));
    const { out } = await run(scontrol, "scontrol", ["write", "batch_script", "1"], {
      env: envOf(place.controller),
      cwd: folder,
    });
    expect(out).toBe("batch script for job 1 written to slurm-1.sh\n");
    expect(readFileSync(join(folder, "slurm-1.sh"), "utf8")).toBe("#!/bin/sh\nhi\n");
    rmSync(folder, { recursive: true });
  });

  it("pings, and says so where the controller is down", async () => {
    expect(await ask("ping")).toEqual({ out: "Slurmctld(primary) at vm is UP\n", err: "", status: 0 });
    const down = await run(scontrol, "scontrol", ["ping"], {
      env: { ROTA_URL: "http://127.0.0.1:1", ROTA_TOKEN: "x" },
    });
    expect(down.status).toBe(1);
    expect(down.out).toMatch(/^Slurmctld\(primary\) at \S+ is DOWN\n/);
    expect((await ask("version")).out).toBe("slurm-wlm 22.05.8\n");
  });
});
