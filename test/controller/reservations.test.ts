/** Reservations on a real controller with its agents played: over REST, by its clock and in its plans. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import type { Command } from "../../core/cli/invocation.ts";
import { scontrol } from "../../core/cli/scontrol/scontrol.ts";
import { sinfo } from "../../core/cli/sinfo/sinfo.ts";
import { squeue } from "../../core/cli/squeue/squeue.ts";
import type { Clock } from "../../core/controller/clock.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { run } from "../cli/controller.ts";
import { specOf, until } from "../e2e/programs.ts";
import { controllerHere } from "./controller-here.ts";
import { fakeNode } from "./fake-node.ts";

const HOUR_S = 3600;
const folder = mkdtempSync(join(tmpdir(), "rota-reserve-"));
let controller: RunningController | undefined;
let agents: FakeAgents | undefined;
/** What the controller's clock is ahead of the real one. */
let aheadMs = 0;
const clock: Clock = {
  nowMs: () => Date.now() + aheadMs,
  after: (delayMs, call) => {
    const timer = setTimeout(call, Math.min(delayMs, 50));
    return () => clearTimeout(timer);
  },
};

afterEach(async () => {
  agents?.close();
  await controller?.close();
  rmSync(folder, { recursive: true, force: true });
});

const nowS = (): number => Math.floor(clock.nowMs() / 1000);
const later = (seconds: number): void => {
  aheadMs += seconds * 1000;
};

async function type(command: Command, line: string): Promise<string> {
  const [name, ...args] = line.split(" ");
  const env = { ROTA_URL: controller!.url, ROTA_TOKEN: controller!.token, SLURM_TIME_FORMAT: "" };
  const { out, err } = await run(command, name!, args, { env, nowS });
  return out + err;
}
const ask = (line: string): Promise<string> => type(scontrol, `scontrol ${line}`);

async function submit(over: Partial<JobSpec>): Promise<number | string> {
  const answer = await fetch(`${controller!.url}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${controller!.token}`, "content-type": "application/json" },
    body: JSON.stringify({ ...specOf("#!/bin/sh\ntrue\n", folder), ...over }),
  });
  const { jobId, code } = (await answer.json()) as { readonly jobId?: number; readonly code?: string };
  return jobId ?? code ?? "";
}
const shown = async (id: number | string): Promise<string> =>
  (await type(squeue, `squeue -h -t all -j ${id} -o %T|%r|%v|%N`)).trim();
const showsAs = (id: number | string, wanted: string): Promise<true> =>
  until(`job ${id} shows ${wanted}`, async () => ((await shown(id)) === wanted ? true : undefined));

it("keeps nodes, lets their own in, rolls on, and holds what it leaves behind", async () => {
  controller = await controllerHere(join(folder, "state"), {}, clock);
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 2,
    nodeSpec: (i) => fakeNode(`c${i + 1}`, 4),
    runMs: () => 600_000,
  });
  const { user, group } = specOf("", folder);
  const [first, second] = controller.parts.ledger.state.nodeRecords.map(({ spec }) => spec.name);
  expect(await ask("show reservation")).toBe("No reservations in the system\n");
  expect(await ask("create reservation=course starttime=now duration=60 users=nobody nodes=nope")).toBe(
    "Error creating the reservation: Invalid node name specified\n",
  );
  expect(await ask(`create reservation starttime=now+1hour duration=60 accounts=lab nodes=${first}`)).toBe(
    "Reservation created: lab_1\n",
  );
  expect(await ask(`create reservation starttime=now+90minutes duration=60 users=ada nodes=ALL`)).toBe(
    "Error creating the reservation: Requested reservation overlaps with another reservation\n",
  );
  expect(await ask("show reservation lab_1 -o")).toContain("SPEC_NODES TRES=cpu=");
  expect(await ask("delete reservation=lab_1")).toBe("");

  // A job of none runs on one node; the other is kept.
  expect(
    await ask(`create res=disks starttime=now duration=60 users=nobody flags=maint nodes=${first}`),
  ).toBe("Reservation created: disks\n");
  expect(await submit({ reservation: "disks" })).toBe("RESERVATION_ACCESS");
  expect(await submit({ reservation: "none" })).toBe("RESERVATION_INVALID");
  const plain = await submit({ timeLimitS: HOUR_S, exclusive: true });
  await showsAs(plain, `RUNNING|None|(null)|${second}`);
  const waits = await submit({ nodelist: first!, timeLimitS: 2 * HOUR_S });
  await showsAs(waits, "PENDING|ReqNodeNotAvail, Reserved for maintenance|(null)|");
  expect(await type(sinfo, "sinfo -h -N -o %N|%t")).toContain(`${first}|maint`);
  expect(await type(sinfo, "sinfo -h -N -t maint -o %N|%T")).toBe(`${first}|maint\n`);
  expect(await type(sinfo, "sinfo -T")).toContain(`disks        ACTIVE`);
  expect(await ask(`create reservation=busy starttime=now duration=60 users=ada nodes=${second}`)).toContain(
    "Error creating the reservation: Requested nodes are busy\n",
  );

  // Its users change, and then it lets one in; a job that would outlast it waits.
  expect(await ask(`update reservation=disks users+=${user} flags-=maint`)).toBe("Reservation updated.\n");
  const inside = await submit({ reservation: "disks", timeLimitS: 600 });
  await showsAs(inside, `RUNNING|None|disks|${first}`);
  const long = await submit({ reservation: "disks", timeLimitS: 2 * HOUR_S });
  await showsAs(long, "PENDING|Reservation|disks|");
  expect(await ask(`delete reservation=disks`)).toBe(
    "delete_reservation reservation=disks: Requested reservation is in use\n",
  );
  expect(await ask("update reservation=disks starttime=now+1hour")).toContain(
    "Reservation already started\n",
  );

  // Its own jobs are in nobody's way when it is made longer, those of others are.
  expect(await ask("update reservation=disks duration=61")).toBe("Reservation updated.\n");
  expect(await ask(`update reservation=disks nodes=${first},${second}`)).toContain(
    "Error updating the reservation: Requested nodes are busy\n",
  );
  expect(await ask("update reservation=disks duration=60")).toBe("Reservation updated.\n");

  // A daily one that begins tomorrow is at the day after tomorrow's time once it is over.
  const daily = `create reservation=daily starttime=now+1day duration=60 groups=${group} flags=daily nodes=${second}`;
  expect(await ask(daily)).toBe("Reservation created: daily\n");
  const { spec } = controller.parts.ledger.state.reservations.byName.get("daily")!;
  later(HOUR_S + 1);
  await until("the first is over", () =>
    controller!.parts.ledger.state.reservations.byName.has("disks") ? undefined : true,
  );
  await showsAs(long, "PENDING|ReservationDeleted|(null)|");
  await showsAs(waits, `RUNNING|None|(null)|${first}`);
  expect(await ask(`release ${long}`)).toBe("");
  await showsAs(long, `RUNNING|None|(null)|${first}`);
  const idle = `create reservation=idle starttime=now duration=600 users=ada flags=overlap,purge_comp=1,ignore_jobs nodes=${second}`;
  expect(await ask(idle)).toBe("Reservation created: idle\n");
  await until("it is gone for want of use", () => {
    later(5);
    return controller!.parts.ledger.state.reservations.byName.has("idle") ? undefined : true;
  });
  later(25 * HOUR_S);
  await until("the second has moved on", () => {
    const next = controller!.parts.ledger.state.reservations.byName.get("daily")!.spec;
    return next.startS > spec.startS && next.endS > nowS() ? true : undefined;
  });
});
