/** What the API takes, what it refuses, and that it says where the fault is. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_SUBMIT_BYTES } from "../../core/api/limits.ts";
import { MAX_ENVIRONMENT_BYTES, MAX_SCRIPT_BYTES } from "../../core/model/job-spec.ts";
import { spec } from "./job-values.ts";
import { type StartedApi, startedApi, TOKEN } from "./started-api.ts";

let started: StartedApi;
beforeAll(async () => {
  started = await startedApi();
});
afterAll(() => started.api.close());

const refused = async (path: string, init: Parameters<StartedApi["ask"]>[1], says: string) => {
  const before = started.port.calls.length;
  const answer = await started.ask(path, init);
  expect(answer.status).toBe(400);
  expect(answer.json).toMatchObject({ code: "BAD_REQUEST", message: expect.stringContaining(says) });
  expect(started.port.calls.length).toBe(before);
};

describe("a submission", () => {
  it("reaches the controller as it was sent", async () => {
    const full = spec({
      name: "train",
      args: ["--lr", "0.1", ""],
      environment: { PATH: "/bin", "BASH_FUNC_f%%": "() {  echo 'ä';\n}", EMPTY: "" },
      timeLimitS: 2_147_483_647,
      memPerNodeMib: 0,
      nice: -5,
      array: "0-15:3%2",
      openMode: "append",
      mailType: ["END"],
      signal: { signal: 10, beforeS: 60, batchOnly: true },
    });
    const answer = await started.ask("/v1/jobs", { body: full });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({ jobId: 13, tasks: 1 });
    expect(started.port.calls.at(-1)).toMatchObject({ method: "submit", args: [full, {}] });
  });

  it.each([
    [{ ...spec(), minNode: 1 }, "body/minNode: is not known here"],
    [{ ...spec(), minNodes: "2" }, 'body/minNodes: "2" is not accepted; give a whole number from 0 to'],
    [{ ...spec(), minNodes: 1.5 }, "body/minNodes"],
    [{ ...spec(), minNodes: null }, "body/minNodes"],
    [{ ...spec(), timeLimitS: 0 }, "body/timeLimitS: 0 is not accepted; give a whole number from 1 to"],
    [{ ...spec(), exclusive: 1 }, "body/exclusive: 1 is not accepted; give true or false"],
    [{ ...spec(), openMode: "a" }, 'give one of "append", "truncate"'],
    [{ ...spec(), workDir: "home" }, 'body/workDir: "home" is not accepted; give an absolute path'],
    [{ ...spec(), workDir: "/a\0b" }, "body/workDir"],
    [{ ...spec(), name: "a\0b" }, "body/name"],
    [{ ...spec(), name: "x".repeat(1025) }, "body/name"],
    [{ ...spec(), args: ["a", 2] }, "body/args/1"],
    [{ ...spec(), args: new Array(4097).fill("a") }, "body/args"],
    [{ ...spec(), environment: { "": "x" } }, "body/environment"],
    [{ ...spec(), environment: { "a=b": "x" } }, "body/environment/a=b"],
    [{ ...spec(), environment: { A: 1 } }, "body/environment/A"],
    [{ ...spec(), signal: { signal: 10 } }, "body/signal/beforeS: is missing"],
    [{ ...spec(), uid: -1 }, "body/uid"],
    [{ script: "x" }, "is missing"],
    [[], "body: [] is not accepted; give an object"],
    ["null", "body: a JSON object is required"],
  ])("with a fault is refused with its place: %j", async (body, says) => {
    await refused("/v1/jobs", { body }, says);
    await refused("/v1/jobs/test", { body }, says);
  });

  it.each([
    ["{", "body: is not JSON"],
    ["", "body: a JSON object is required"],
    [`${JSON.stringify(spec()).slice(0, -1)},"uid":0}`, "body/uid: is given twice"],
    [
      JSON.stringify(spec()).replace('"PATH":', '"HOME":"/","PATH":'),
      "body/environment/HOME: is given twice",
    ],
    [`${"[".repeat(10_000)}${"]".repeat(10_000)}`, "deep"],
    [JSON.stringify(spec()).replace('"PATH":', '"__proto__":'), "__proto__"],
  ])("that is not sound JSON is refused: %s", async (body, says) => {
    await refused(
      "/v1/jobs",
      { method: "POST", body, headers: { "content-type": "application/json" } },
      says,
    );
  });

  it("is refused in another media type than JSON", async () => {
    const body = JSON.stringify(spec());
    await refused("/v1/jobs", { body, headers: { "content-type": "text/plain" } }, "give application/json");
  });

  it("is refused where the text is not UTF-8, instead of the script being changed", async () => {
    const text = JSON.stringify(spec({ script: "#!/bin/sh\necho @\n" }));
    const payload = Buffer.from(text);
    payload[text.indexOf("@")] = 0xe4;
    const answer = await started.api.inject({
      method: "POST",
      url: "/v1/jobs",
      payload,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "BAD_REQUEST", message: "body: is not UTF-8" });
  });
});

describe("the bounds", () => {
  const scriptOf = (bytes: number) => `#!/bin/sh\n${"é".repeat((bytes - 10) / 2)}`;

  it("let the largest script and environment through", async () => {
    const environment = { A: "x".repeat(MAX_ENVIRONMENT_BYTES - 3) };
    const answer = await started.ask("/v1/jobs", {
      body: spec({ script: scriptOf(MAX_SCRIPT_BYTES), environment }),
    });
    expect(answer.status).toBe(201);
  });

  it("refuse a larger script by its own code, counted in bytes", async () => {
    const answer = await started.ask("/v1/jobs", { body: spec({ script: scriptOf(MAX_SCRIPT_BYTES + 2) }) });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ code: "SCRIPT_TOO_LARGE", details: { bytes: MAX_SCRIPT_BYTES + 2 } });
  });

  it("refuse a larger environment", async () => {
    const environment = { A: "x".repeat(MAX_ENVIRONMENT_BYTES - 2) };
    const answer = await started.ask("/v1/jobs", { body: spec({ environment }) });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({
      code: "TOO_LARGE",
      message: expect.stringContaining("body/environment"),
    });
  });

  it("refuse a body beyond all bounds before it is read", async () => {
    const answer = await exchange(
      `POST /v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n` +
        `content-type: application/json\r\ncontent-length: ${MAX_SUBMIT_BYTES + 1}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"TOO_LARGE"');
  });

  it("refuse a submission's size where no submission goes", async () => {
    const answer = await started.ask("/v1/jobs/12", {
      method: "PATCH",
      body: { comment: "x".repeat(2 * 1024 * 1024) },
    });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ code: "TOO_LARGE" });
  });

  it("refuse headers without end, and what is not HTTP, in the same form", async () => {
    const long = await exchange(`GET /v1/jobs?ids=${"1,".repeat(40_000)}1 HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 413 /);
    expect(long).toContain('"code":"TOO_LARGE"');
    const broken = await exchange("squeue please\r\n\r\n");
    expect(broken).toMatch(/^HTTP\/1\.1 400 /);
    expect(broken).toContain('"code":"BAD_REQUEST"');
  });

  it("leave room for a list of thousands of job ids", async () => {
    const ids = Array.from({ length: 5000 }, (_, i) => String(100_000 + i));
    const answer = await started.ask(`/v1/jobs?ids=${ids.join(",")}`);
    expect(answer.status).toBe(200);
    expect(started.port.calls.at(-1)?.args).toEqual([{ ids }]);
  });

  /** Sends text to the API's socket and gives what comes back until the other side closes. */
  const exchange = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(started.api.url);
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let answer = "";
      socket.setEncoding("utf8");
      socket.on("data", (chunk: string) => {
        answer += chunk;
      });
      socket.on("close", () => resolve(answer));
      socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
    });
});

describe("a query", () => {
  it("becomes the controller's filter", async () => {
    await started.ask(
      "/v1/jobs?ids=1,2_3&users=ada,bob&partitions=debug&states=PENDING,COMPLETING&names=a%20b&accounts=lab&ended=1",
    );
    expect(started.port.calls.at(-1)).toEqual({
      method: "jobs",
      args: [
        {
          ids: ["1", "2_3"],
          users: ["ada", "bob"],
          partitions: ["debug"],
          states: ["PENDING", "COMPLETING"],
          names: ["a b"],
          accounts: ["lab"],
          ended: true,
        },
      ],
    });
    await started.ask("/v1/history?users=ada&states=FAILED&sinceS=5&untilS=9&limit=10000");
    expect(started.port.calls.at(-1)).toEqual({
      method: "history",
      args: [{ users: ["ada"], states: ["FAILED"], sinceS: 5, untilS: 9, limit: 10_000 }],
    });
    await started.ask("/v1/jobs");
    expect(started.port.calls.at(-1)).toEqual({ method: "jobs", args: [{}] });
  });

  it.each([
    ["/v1/jobs?user=ada", "query/user: is not known here; known are ids, users"],
    ["/v1/jobs?ids=", "query/ids"],
    ["/v1/jobs?ids=abc", 'query/ids: "abc" is not accepted; give job ids'],
    ["/v1/jobs?ids=1&ids=2", "query/ids: is given more than once"],
    ["/v1/jobs?users=a,,b", "query/users"],
    ["/v1/jobs?states=pending", "query/states"],
    ["/v1/jobs?ended=maybe", "query/ended"],
    ["/v1/jobs?limit=0", "query/limit"],
    ["/v1/jobs?limit=100001", "query/limit: 100001 is not accepted; give a whole number from 1 to 100000"],
    ["/v1/jobs?limit=1e3", "query/limit"],
    ["/v1/jobs?after=-1", "query/after"],
    ["/v1/history?limit=10001", "query/limit"],
    ["/v1/jobs/12/end?timeoutMs=60001", "query/timeoutMs"],
    ["/v1/events?after=x", "query/after"],
    ["/v1/nodes?x=1", "query/x: is not known here; nothing can be given"],
    ["/v1/jobs/0", "path/ref"],
    ["/v1/jobs/abc", 'path/ref: "abc" is not accepted; give a job id, an array task or tasks of an array'],
    ["/v1/jobs/12_", "path/ref"],
    ["/v1/jobs/12_%5B%5D", "path/ref"],
    ["/v1/jobs/12_%5B1-3", "path/ref"],
    ["/v1/jobs/12%2F..%2F13", "path/ref"],
    ["/v1/jobs/%zz", "is not a valid url"],
    ["/v1/nodes/%00", "path/name"],
  ])("with a fault is refused with its place: %s", async (path, says) => {
    await refused(path, {}, says);
  });

  it.each(["12", "12_3", "12_[1-3,5]", "12_[0-100:10%4]"])("names jobs as Slurm does: %s", async (ref) => {
    await started.ask(`/v1/jobs/${encodeURIComponent(ref)}`);
    expect(started.port.calls.at(-1)).toEqual({ method: "job", args: [ref] });
  });
});

describe("a change", () => {
  it("reaches the controller with its body", async () => {
    await started.ask("/v1/jobs/12", { method: "PATCH", body: { timeLimitS: 60, dependency: "" } });
    expect(started.port.calls.at(-1)).toMatchObject({
      method: "update",
      args: ["12", { timeLimitS: 60, dependency: "" }, {}],
    });
    await started.ask("/v1/jobs/12/cancel", { method: "POST" });
    expect(started.port.calls.at(-1)).toMatchObject({ method: "cancel", args: ["12", {}, {}] });
    await started.ask("/v1/jobs/12/requeue", { method: "POST" });
    expect(started.port.calls.at(-1)).toMatchObject({ method: "requeue", args: ["12", false, {}] });
    await started.ask("/v1/jobs/12/requeue", { body: { hold: true } });
    expect(started.port.calls.at(-1)).toMatchObject({ method: "requeue", args: ["12", true, {}] });
    await started.ask("/v1/nodes/n1", { method: "PATCH", body: { state: "RESUME" } });
    expect(started.port.calls.at(-1)).toMatchObject({
      method: "updateNode",
      args: ["n1", { state: "RESUME" }, {}],
    });
  });

  it("that asks for nothing, or for what cannot be changed, is refused", async () => {
    await refused("/v1/jobs/12", { method: "PATCH", body: {} }, "nothing is asked for; known are timeLimitS");
    await refused("/v1/jobs/12", { method: "PATCH", body: { user: "bob" } }, "body/user: is not known here");
    await refused("/v1/jobs/12/cancel", { body: { signal: 65 } }, "body/signal");
    await refused(
      "/v1/jobs/12/hold",
      { body: { until: 5 } },
      "body/until: is not known here; nothing can be given",
    );
    await refused("/v1/nodes/n1", { method: "PATCH", body: { state: "IDLE" } }, "body/state");
  });
});
