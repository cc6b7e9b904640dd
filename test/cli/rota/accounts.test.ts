/** `rota priority` and `rota shares`: what they ask and the tables that they print. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ownIdentity } from "../../../core/cli/identity.ts";
import { printPriorities } from "../../../core/cli/rota/priority.ts";
import { printShares } from "../../../core/cli/rota/shares.ts";
import { PLAIN_TERMINAL } from "../../../core/cli/rota/terminal.ts";
import { accountAnswers, NO_FACTORS, PRIORITIES, SHARES, WEIGHTS, waiting } from "../account-views.ts";
import { type Answer, type Asked, type StandIn, startStandIn } from "./stand-in.ts";

let controller: StandIn;
let policy = "multifactor";

beforeAll(async () => {
  controller = await startStandIn(answer);
});
afterAll(() => controller.close());
beforeEach(() => {
  controller.asked.length = 0;
  policy = "multifactor";
});

function answer({ method, path, body }: Asked): Answer {
  const { pathname, searchParams } = new URL(path, "http://x");
  const query = Object.fromEntries(searchParams);
  const answers = accountAnswers(policy);
  return answers({ method, path: pathname, query, body, headers: {} }) ?? { status: 404 };
}

const queryOf = (at = -1) =>
  Object.fromEntries(new URL(controller.asked.at(at)!.path, "http://x").searchParams);

describe("rota priority", () => {
  it("lists waiting jobs, the highest first, with the points of each factor that has a weight", async () => {
    const { code, out } = await controller.rota(["priority"]);
    expect(code).toBe(0);
    expect(out).toBe(`\
JOB  NAME  USER  PARTITION  PRIORITY  AGE  FAIR SHARE  SIZE  BY PARTITION  QOS  CPUS  MEMORY  NICE
2    wrap  root  long            832    0           0   313           250    0   250      50   -30
1    wrap  root  debug           731    0           0   156           500    0    63      13
3    wrap  ada   debug           731    0           0   156           500    0    63      13
3    wrap  ada   long            556    0           0   156           250    0   125      25
At most: age 1000, fair share 10000, size 1000, by partition 500, qos 2000, cpus 1000, memory 2000
`);
  });

  it("asks for what the filters say", async () => {
    await controller.rota(["priority", "1", "3", "--me", "-p", "debug", "-A", "physics"]);
    const { user } = ownIdentity();
    expect(queryOf()).toMatchObject({ ids: "1,3", users: user, partitions: "debug", accounts: "physics" });
    const { out } = await controller.rota(["priority", "--json", "-u", "ada"]);
    expect(JSON.parse(out)).toMatchObject({ policy: "multifactor", hasFactors: true, weights: WEIGHTS });
    expect(JSON.parse(out).priorities.map(({ partition }: { partition: string }) => partition)).toEqual([
      "debug",
      "long",
    ]);
  });

  it("says so where nothing waits, and where the queue is ranked otherwise", async () => {
    expect((await controller.rota(["priority", "99"])).out).toBe("No job waits for its turn.\n");
    policy = "sjf";
    const { code, out } = await controller.rota(["priority"]);
    expect([code, out]).toEqual([
      0,
      "The queue is ranked by sjf, which has no factors; `rota queue` shows its order.\n",
    ]);
  });

  it("shows factors from 0 to 1, and marks a priority that was set", () => {
    const set = waiting(9, "debug", { partition: 0.25 }, { priority: 5, isSet: true, site: 3 });
    const weights = { ...NO_FACTORS, partition: 500 };
    const found = { policy: "multifactor", hasFactors: true, weights, priorities: [set] };
    expect(printPriorities(found, true, PLAIN_TERMINAL)).toBe(`\
JOB  NAME  USER  PARTITION  PRIORITY  BY PARTITION  SITE
9    wrap  root  debug       5 (set)         0.250     3
At most: by partition 500
`);
    expect(PRIORITIES).toHaveLength(4);
  });
});

describe("rota shares", () => {
  it("shows the tree with bars of use, fair share and limits", async () => {
    const { code, out } = await controller.rota(["shares"]);
    expect(code).toBe(0);
    const lines = out.split("\n");
    expect(lines[0]).toBe(
      "ACCOUNT OR USER  SHARES   SHARE    USED  USE OF ITS SHARE  BILLED  GPU HOURS  FAIR SHARE  RUNNING  LIMITS",
    );
    expect(lines.slice(1, 9).map((line) => line.slice(0, 18).trimEnd())).toEqual([
      "root",
      "  chemistry",
      "    bob",
      "  physics",
      "    ada",
      "    bob",
      "    optics",
      "      cyd",
    ]);
    expect(lines[4]).toMatch(
      /^ {2}physics +30 +75\.0% +100\.0% +█{10} 1\.3x +2\.0 +0\.5 +2 +grp_tres cpu=512,mem=4G,gres\/gpu=64; grp_tres_mins gres\/gpu=60000; grp_jobs 100; grp_submit_jobs 1000; max_wall 2-00:00:00$/,
    );
    expect(lines[6]).toMatch(/^ {4}bob +1 +25\.0% +0\.0% +░{10} +0\.750$/);
  });

  it("asks for accounts and users, and prints JSON", async () => {
    const { out } = await controller.rota(["shares", "physics", "optics", "-u", "cyd", "--json"]);
    expect(queryOf()).toMatchObject({ accounts: "physics,optics", users: "cyd" });
    expect(JSON.parse(out)).toEqual(SHARES.filter(({ id }) => [4, 7, 8].includes(id)));
  });

  it("says where accounts are written when there are none", () => {
    expect(printShares([], PLAIN_TERMINAL)).toBe(
      "There are no such accounts; a site lists its accounts in rota.yaml, under accounts.\n",
    );
  });
});
