/** Reservations by scontrol and sinfo: what is asked of the controller and what is printed, as the real one prints it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scontrol } from "../../../core/cli/scontrol/scontrol.ts";
import { sinfo } from "../../../core/cli/sinfo/sinfo.ts";
import type { ReservationView } from "../../../core/model/reservation-views.ts";
import {
  type Answer,
  type Asked,
  envOf,
  type Ran,
  refusal,
  run,
  startController,
  type TestController,
} from "../controller.ts";
import { at } from "../views.ts";

const NOW_S = at("19:07:21");
const RESERVATION: ReservationView = {
  name: "root_1",
  startS: at("20:00:00"),
  endS: at("21:00:00"),
  nodes: "n[1-2]",
  nodeCount: 2,
  coreCount: 8,
  cpuCount: 8,
  features: "",
  partition: "",
  users: ["root"],
  accounts: [],
  groups: [],
  flags: ["DAILY", "SPEC_NODES"],
  isActive: false,
};

let controller: TestController;
let answer: Answer = { status: 204 };
let reservations: readonly ReservationView[] = [RESERVATION];

beforeEach(async () => {
  answer = { status: 204 };
  reservations = [RESERVATION];
  controller = await startController(({ method, path }) => {
    if (!path.startsWith("/v1/reservations")) return undefined;
    return method === "GET" ? { status: 200, body: { reservations } } : answer;
  });
});
afterEach(() => controller.close());

const ask = (line: string): Promise<Ran> =>
  run(scontrol, "scontrol", line.split(" "), { env: envOf(controller), nowS: () => NOW_S });
const failed = (err: string): Ran => ({ out: "", err, status: 1 });
const said = (out: string): Ran => ({ out, err: "", status: 0 });
const last = (): Asked => controller.asked.at(-1)!;

describe("show reservation", () => {
  const RECORD = `\
ReservationName=root_1 StartTime=2026-11-24T20:00:00 EndTime=2026-11-24T21:00:00 Duration=01:00:00
   Nodes=n[1-2] NodeCnt=2 CoreCnt=8 Features=(null) PartitionName=(null) Flags=DAILY,SPEC_NODES
   TRES=cpu=8
   Users=root Groups=(null) Accounts=(null) Licenses=(null) State=INACTIVE BurstBuffer=(null) Watts=n/a
   MaxStartDelay=(null)

`;

  it("prints all of them, one, and one on a line", async () => {
    expect(await ask("show reservation")).toEqual(said(RECORD));
    expect(await ask("show res root_1")).toEqual(said(RECORD));
    expect(await ask("show reservationname=root_1 -o")).toEqual(
      said(`${RECORD.trimEnd().split("\n   ").join(" ")}\n`),
    );
  });

  it("says when there is none, or none of the name", async () => {
    expect(await ask("show res nope")).toEqual({ out: "Reservation nope not found\n", err: "", status: 1 });
    reservations = [];
    expect(await ask("show res")).toEqual(said("No reservations in the system\n"));
  });
});

it("sinfo -T prints a line each", async () => {
  const list = (...args: string[]) => run(sinfo, "sinfo", args, { env: envOf(controller) });
  const line = "root_1     INACTIVE  2026-11-24T20:00:00  2026-11-24T21:00:00     01:00:00  n[1-2]\n";
  expect(await list("-T")).toEqual(
    said(`RESV_NAME     STATE           START_TIME             END_TIME     DURATION  NODELIST\n${line}`),
  );
  expect(await list("-T", "-h")).toEqual(said(line));
  reservations = [];
  expect(await list("-T")).toEqual(said("No reservations in the system\n"));
});

describe("create reservation", () => {
  it("asks for what the words say, however they are written", async () => {
    answer = { status: 201, body: { name: "x" } };
    expect(
      await ask(
        "create res=x start=now+1hour dur=1-0 user=a,b acc=lab part=long nodecnt=2 fea=big flags=Maint,daily",
      ),
    ).toEqual(said("Reservation created: x\n"));
    expect(last()).toMatchObject({ method: "POST", path: "/v1/reservations" });
    expect(last().body).toEqual({
      name: "x",
      startS: NOW_S + 3600,
      endS: NOW_S + 3600 + 86_400,
      nodeCount: 2,
      partition: "long",
      features: "big",
      users: ["a", "b"],
      accounts: ["lab"],
      flags: ["Maint", "daily"],
    });
    await ask("create reservation StartTime=now EndTime=now+2hours Groups=g Nodes=ALL TRES=cpu=4");
    expect(last().body).toEqual({
      startS: NOW_S,
      endS: NOW_S + 7200,
      groups: ["g"],
      nodes: "ALL",
      coreCount: 4,
    });
    await ask("create reservationname=y starttime=now duration=infinite users=-a corecnt=3");
    expect(last().body).toMatchObject({ endS: NOW_S + 365 * 86_400, users: ["-a"], coreCount: 3 });
  });

  it.each([
    ["create", "too few arguments for create keyword\n"],
    ["create foo=1", "scontrol: error: Invalid creation entity: foo=1\n"],
    ["create reservation", "scontrol: error: A start time must be given.  No reservation created.\n"],
    [
      "create reservation StartTime=now Users=root Nodes=n1",
      "scontrol: error: An end time or duration must be given.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now+1hour EndTime=now Users=root Nodes=n1",
      "scontrol: error: Start time cannot be after end time.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now Duration=60 Users=root",
      "scontrol: error: CoreCnt, Nodes, NodeCnt, BurstBuffer, Licenses or Watts must be specified.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now Duration=60 Nodes=n1",
      "scontrol: error: Either Users/Groups and/or Accounts must be specified.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now Duration=60 Users=a Groups=b Nodes=n1",
      "scontrol: error: Users and Groups are mutually exclusive.  You can have one or the other, but not both.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now Duration=bad",
      "scontrol: error: Invalid duration Duration=bad.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now Flags=maint,FOO",
      "scontrol: error: Error parsing flags maint,FOO.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now Foo=1",
      "scontrol: error: Unknown parameter Foo=1.  No reservation created.\n",
    ],
    [
      "create reservation q,13",
      "scontrol: error: Misformatted parameter 'q,13', most options have a parameter after '='.  No reservation created.\n",
    ],
    [
      "create reservation StartTime=now Flags=any_nodes",
      "scontrol: error: the flag any_nodes is not supported by this version of Rota\n",
    ],
    [
      "create reservation Licenses=a:1",
      "scontrol: error: Licenses of a reservation is not supported by this version of Rota\n",
    ],
    ["create partition=p", "scontrol: error: create partition is not supported by this version of Rota\n"],
  ])("says of %s what is wrong with it, and asks nothing", async (line, err) => {
    expect(await ask(line)).toEqual(failed(err));
    expect(controller.asked).toEqual([]);
  });

  it("says what the controller says, in the real one's words", async () => {
    const line = "create reservation StartTime=now Duration=60 Users=root Nodes=n1";
    answer = refusal(409, "RESERVATION_OVERLAP");
    expect(await ask(line)).toEqual(
      failed("Error creating the reservation: Requested reservation overlaps with another reservation\n"),
    );
    answer = refusal(409, "RESERVATION_NODES_BUSY");
    expect((await ask(line)).err).toBe(
      "Error creating the reservation: Requested nodes are busy\n" +
        "Note, unless nodes are directly requested a reservation must exist in a single partition.\n" +
        "If no partition is requested the default partition is assumed.\n",
    );
  });
});

describe("update reservation", () => {
  it("sends what changes; names and flags are added to and taken from those that are there", async () => {
    expect(await ask("update reservation=root_1 duration=90 users+=ada flags-=daily")).toEqual(
      said("Reservation updated.\n"),
    );
    expect(last()).toMatchObject({
      method: "PATCH",
      path: "/v1/reservations/root_1",
      body: { durationS: 5400, users: ["root", "ada"], flags: ["SPEC_NODES"] },
    });
    await ask("update reservationname=root_1 users-=root accounts=lab flags=+maint endtime=22:00");
    expect(last().body).toEqual({
      endS: at("22:00:00"),
      users: [],
      accounts: ["lab"],
      flags: ["DAILY", "SPEC_NODES", "maint"],
    });
  });

  it("takes a change of nothing, and refuses what is not there", async () => {
    expect(await ask("update reservation=root_1")).toEqual(said("Reservation updated.\n"));
    expect(await ask("update reservation=nope duration=5")).toEqual(
      failed(
        "Error updating the reservation: Requested reservation is invalid\n" +
          "slurm_update error: Requested reservation is invalid\n",
      ),
    );
    expect(await ask("update reservation=root_1 foo=1")).toEqual(
      failed(
        "scontrol: error: Unknown parameter foo=1.  No reservation update.\nslurm_update error: No error\n",
      ),
    );
  });

  it("of a job gives it to another reservation", async () => {
    expect(await ask("update job 9 reservation=root_1")).toEqual(said(""));
    expect(last()).toMatchObject({ method: "PATCH", path: "/v1/jobs/9", body: { reservation: "root_1" } });
  });
});

describe("delete reservation", () => {
  it("ends it, or says why not", async () => {
    expect(await ask("delete reservation=root_1")).toEqual(said(""));
    expect(last()).toMatchObject({ method: "DELETE", path: "/v1/reservations/root_1" });
    answer = refusal(404, "RESERVATION_INVALID");
    expect(await ask("delete reservationname=nope")).toEqual(
      failed("delete_reservation reservationname=nope: Requested reservation is invalid\n"),
    );
    answer = refusal(409, "RESERVATION_IN_USE");
    expect(await ask("delete reservation root_1")).toEqual(
      failed("delete_reservation reservation: Requested reservation is in use\n"),
    );
    expect(await ask("delete")).toEqual(failed("too few arguments for delete keyword\n"));
    expect(await ask("delete root_1")).toEqual(
      failed("scontrol: error: Proper format is 'delete <ENTITY>=<ID>' or 'delete <ENTITY> <ID>'\n"),
    );
  });
});
