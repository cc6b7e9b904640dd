import { describe, expect, it } from "vitest";
import { scancel } from "../../../core/cli/scancel/scancel.ts";
import { envOf, type Ran, refusal, run, useController } from "../controller.ts";

const place = useController();

const ask = async (
  args: readonly string[],
  stdin = "",
): Promise<Ran & { readonly sent: readonly string[] }> => {
  const before = place.controller.asked.length;
  const ran = await run(scancel, "scancel", args, { env: envOf(place.controller), stdin });
  const sent = place.controller.asked
    .slice(before)
    .filter(({ method }) => method === "POST")
    .map(({ path, body }) => `${path.replace(/^\/v1\/jobs\/(.*)\/cancel$/, "$1")} ${JSON.stringify(body)}`);
  return { ...ran, sent };
};
const sent = async (...args: string[]): Promise<readonly string[]> => {
  const { sent: refs } = await ask(args);
  return [...refs].sort();
};

describe("scancel", () => {
  it("ends jobs, tasks and parts of arrays by id", async () => {
    expect(await sent("4", "2_1", "2_[2-3]")).toEqual(["2_1 {}", "2_[2-3] {}", "4 {}"]);
    expect(await sent("4,5")).toEqual(["4 {}", "5 {}"]);
  });

  it("is silent about jobs that are unknown or have ended, but for -v", async () => {
    expect(await ask(["99999"])).toMatchObject({ out: "", err: "", status: 0 });
    expect(await ask(["-v", "99999"])).toMatchObject({
      err: "scancel: Terminating job 99999\nscancel: error: Kill job error on job id 99999: Invalid job id specified\n",
      status: 0,
    });
    place.answer = () => refusal(409, "JOB_ENDED");
    expect(await ask(["4"])).toMatchObject({ err: "", status: 0 });
    expect((await ask(["-v", "4"])).err).toContain(
      "Kill job error on job id 4: Job/step already completing or completed\n",
    );
    expect(await ask(["-Q", "-v", "4"])).toMatchObject({ err: "", status: 0 });
  });

  it("ends one step of a job, and says where there is none", async () => {
    place.answer = ({ path }) =>
      path === "/v1/jobs/4/steps/0/cancel"
        ? { status: 204, body: undefined }
        : path.includes("/steps/")
          ? refusal(404, "INVALID_STEP_ID")
          : undefined;
    expect(await ask(["4.0"])).toMatchObject({ err: "", status: 0, sent: ["4/steps/0 {}"] });
    expect(await ask(["4.1"])).toMatchObject({
      err: "scancel: error: Kill job error on job step id 4.1: Invalid job id specified\n",
      status: 1,
    });
  });

  it("says what another's job is", async () => {
    place.answer = () => refusal(403, "ACCESS_DENIED");
    expect(await ask(["4"])).toMatchObject({
      err: "scancel: error: Kill job error on job id 4: Access/permission denied\n",
      status: 1,
    });
  });

  it.each<[string[], string]>([
    [[], "scancel: error: No job identification provided\n"],
    [["abc"], "scancel: error: Invalid job id abc\n"],
    [["0"], "scancel: error: Invalid job id 0\n"],
    [["4", "1x"], "scancel: error: Invalid job id 1x\n"],
    [["2_[a"], "scancel: error: Invalid job id 2_[a\n"],
    [["4.batch"], "scancel: error: Invalid job id 4.batch\n"],
    [["-s", "BOGUS", "4"], "Unknown job signal: BOGUS\n"],
    [
      ["-t", "bogus"],
      "Invalid job state specified: bogus\nValid job states are PENDING, RUNNING, and SUSPENDED\n",
    ],
    [["-n", "wrap", "99999"], "scancel: error: Kill job error on job id 99999: Invalid job id specified\n"],
    [
      ["--bogus", "1"],
      "scancel: unrecognized option '--bogus'\nTry \"scancel --help\" for more information\n",
    ],
  ])("refuses %j and ends nothing", async (args, err) => {
    expect(await ask(args)).toEqual({ out: "", err, status: 1, sent: [] });
  });

  it("selects by name, state, user, partition, nodes and ids together", async () => {
    expect(await sent("-n", "hello")).toEqual(["1 {}", "7 {}"]);
    expect(await sent("-t", "RUNNING", "-u", "root")).toEqual(["1 {}", "2_0 {}", "2_1 {}"]);
    expect(await sent("-t", "pd", "-n", "hello")).toEqual(["7 {}"]);
    expect(await sent("-p", "long")).toEqual(["6 {}"]);
    expect(await sent("-w", "n2")).toEqual(["1 {}"]);
    expect(await sent("-u", "0", "2")).toEqual(["2_0 {}", "2_1 {}", "2_[2-3] {}"]);
    expect(await sent("-t", "PD", "2", "1")).toEqual(["2_[2-3] {}"]);
    expect(await sent("-u", "nobody")).toEqual([]);
  });

  it("says with -v that no job matches, and exits well", async () => {
    expect(await ask(["-v", "-n", "nosuch", "-t", "R"])).toMatchObject({
      err: "scancel: error: No active jobs match ALL job filters, including: job_name=nosuch state=RUNNING \n",
      status: 0,
    });
    expect(await ask(["-n", "nosuch"])).toMatchObject({ err: "", status: 0 });
  });

  it("sends signals, to the batch script alone where asked", async () => {
    expect(await ask(["-s", "USR1", "-v", "1"])).toMatchObject({
      err: "scancel: Signal 10 to job 1\n",
      sent: ['1 {"signal":10}'],
      status: 0,
    });
    expect(await sent("--signal", "SIGTERM", "--full", "2_1")).toEqual(['2_1 {"signal":15}']);
    expect(await sent("-b", "-s", "USR2", "1")).toEqual(['1 {"signal":12,"batchOnly":true}']);
    expect(await sent("-b", "1")).toEqual(['1 {"signal":9,"batchOnly":true}']);
    expect(await sent("--signal=KILL", "4")).toEqual(["4 {}"]);
  });

  it("asks before each job with -i", async () => {
    const ran = await ask(["-i", "1", "4"], "n\ny\n");
    expect(ran.out).toBe(
      "Cancel job_id=1 name=hello partition=debug [y/n]? Cancel job_id=4 name=wrap partition=debug [y/n]? ",
    );
    expect(ran.sent).toEqual(["4 {}"]);
  });

  it("ends many jobs, each once", async () => {
    const ids = Array.from({ length: 200 }, (_, i) => String(i + 1));
    place.answer = () => ({ status: 204 });
    expect(new Set(await sent(...ids)).size).toBe(200);
  });

  it("says that no controller answers", async () => {
    const env = { ROTA_URL: "http://127.0.0.1:1", ROTA_TOKEN: "x" };
    expect(await run(scancel, "scancel", ["5"], { env })).toEqual({
      out: "",
      err: "scancel: error: Kill job error on job id 5: Unable to contact slurm controller (connect failure)\n",
      status: 1,
    });
    expect((await run(scancel, "scancel", ["-n", "x"], { env })).err).toBe(
      "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n",
    );
  });
});
