/** `rota reservation`: what it asks of the controller and what it prints. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ReservationView } from "../../../core/model/reservation-views.ts";
import { type Answer, type Asked, type StandIn, startStandIn } from "./stand-in.ts";
import { NOW_S } from "./views.ts";

const COURSE: ReservationView = {
  name: "course",
  startS: NOW_S - 600,
  endS: NOW_S + 3000,
  nodes: "n[1-2]",
  nodeCount: 2,
  coreCount: 8,
  cpuCount: 8,
  features: "",
  partition: "",
  users: [],
  accounts: ["teaching"],
  groups: [],
  flags: ["WEEKLY"],
  isActive: true,
};

let controller: StandIn;
let answer: (asked: Asked) => Answer;

beforeAll(async () => {
  controller = await startStandIn((asked) => answer(asked));
});
afterAll(() => controller.close());
beforeEach(() => {
  controller.asked.length = 0;
  answer = () => ({ status: 204 });
});
const rota = (...args: string[]) => controller.rota(["reservation", ...args]);

it("lists them, some of them, or says that there are none", async () => {
  const disks = { ...COURSE, name: "disks", startS: NOW_S + 3600, endS: NOW_S + 7200, isActive: false };
  answer = () => ({ status: 200, body: { reservations: [COURSE, disks] } });
  const { out } = await rota();
  expect(out).toMatch(/NAME +WHEN +START +LENGTH +NODES +LIST +ACCOUNTS +FLAGS/);
  expect(out).toMatch(/course +now, 50m more +\S+ +1h +2 +n\[1-2\] +teaching +WEEKLY/);
  expect(out).toMatch(/disks +in 1h /);
  expect((await rota("list", "disks")).out).not.toContain("course");
  expect(JSON.parse((await rota("list", "--json")).out)).toEqual([COURSE, disks]);
  expect(await rota("list", "none")).toMatchObject({
    code: 1,
    err: expect.stringContaining("no reservation none"),
  });
  answer = () => ({ status: 200, body: { reservations: [] } });
  expect((await rota("list")).out).toBe("There are no reservations.\n");
});

it("makes one of what is said", async () => {
  answer = () => ({ status: 201, body: { name: "course" } });
  const words = [
    "--start",
    "now+1hour",
    "--duration",
    "90m",
    "--count",
    "4",
    "-A",
    "a,b",
    "--flags",
    "WEEKLY,flex",
  ];
  expect(await rota("create", "course", ...words)).toMatchObject({
    code: 0,
    out: "Reservation course made.\n",
  });
  expect(controller.asked[0]).toEqual({
    method: "POST",
    path: "/v1/reservations",
    body: {
      name: "course",
      startS: NOW_S + 3600,
      endS: NOW_S + 3600 + 5400,
      nodeCount: 4,
      accounts: ["a", "b"],
      flags: ["WEEKLY", "flex"],
    },
  });
});

it.each([
  [["create", "--nodes", "n1"], "--start"],
  [["create", "--start", "now", "--nodes", "n1"], "--duration"],
  [["create", "--start", "now", "--end", "now+1hour", "--duration", "1h"], "--end and --duration"],
  [["create", "--start", "never"], "--start"],
  [["create", "--start", "now", "--duration", "x"], "--duration"],
  [["create", "--start", "now", "--duration", "1h", "--count", "0"], "--count"],
  [["change", "course"], "what to change"],
] as const)("says of %j what is missing or wrong, and asks nothing", async (words, says) => {
  const { code, err } = await rota(...words);
  expect(code).toBe(1);
  expect(err).toContain(says);
  expect(controller.asked).toEqual([]);
});

it("changes one, and ends some", async () => {
  expect(await rota("change", "course", "--users", "ada", "--duration", "2h")).toMatchObject({
    code: 0,
    out: "Reservation course changed.\n",
  });
  expect(controller.asked[0]).toEqual({
    method: "PATCH",
    path: "/v1/reservations/course",
    body: { users: ["ada"], durationS: 7200 },
  });
  answer = ({ path }) =>
    path.endsWith("/b")
      ? { status: 409, body: { code: "RESERVATION_IN_USE", message: "job 3 asks for reservation b" } }
      : { status: 204 };
  const ended = await rota("delete", "a", "b");
  expect(ended).toMatchObject({ code: 1, out: "Reservation a ended.\n" });
  expect(ended.err).toContain("RESERVATION_IN_USE: job 3 asks for reservation b");
});
