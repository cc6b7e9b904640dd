/**
 * The REST API of a live controller: every route answers what its own OpenAPI document says, whatever state jobs and
 * nodes are in; the event stream tells a job's life in order; bounds and access hold.
 */
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERRORS } from "../../core/model/errors.ts";
import { specOf, stopAll, until } from "./programs.ts";
import { ask, askAt, document, refused, seen, send } from "./rest-asking.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
let token: string;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"]);
  token = readFileSync(join(cluster.stateDir, "token"), "utf8").trim();
  await askAt(cluster.url, token);
});
afterAll(stopAll);

interface Jobs {
  readonly jobs: readonly { jobId: number; state: string; displayId: string }[];
  readonly next?: number;
}

/** A step whose srun is nowhere to be found. */
const STEP = {
  ...{ name: "lost", minNodes: 1, maxNodes: 1, ntasks: 1, memPerNodeMib: 0, memPerCpuMib: 0, relative: 0 },
  ...{ exact: false, overlap: true, overcommit: false, port: 1, key: "0".repeat(64) },
  ...{ srunHost: "nowhere", srunPid: 1, waitMs: 0 },
};

describe("every route", () => {
  it("answers as the document says, with jobs in every state there is", async () => {
    const spec = (script: string, more: Record<string, unknown> = {}) =>
      specOf(script, cluster.workDir, more);
    const submit = async (script: string, more: Record<string, unknown> = {}): Promise<number> =>
      (await ask<{ jobId: number }>("post /v1/jobs", "/v1/jobs", spec(script, more))).jobId;
    const sleep = "#!/bin/bash\nsleep 60\n";
    const runs = await submit(sleep, {
      gres: "gpu:2",
      minNodes: 2,
      ntasks: 2,
      comment: "über",
      timeLimitS: 600,
    });
    const failed = await submit("#!/bin/bash\nexit 3\n", { output: "o-%j" });
    const array = await submit(sleep, { array: "0-5%2" });
    const waits = await submit("#!/bin/bash\ntrue\n", { nodelist: "n1", minNodes: 1, cpusPerTask: 4 });
    const after = await submit("#!/bin/bash\ntrue\n", { dependency: `afterok:${runs}`, mailType: ["END"] });
    const held = await submit("#!/bin/bash\ntrue\n", { hold: true, exclusive: true });
    const never = await submit("#!/bin/bash\ntrue\n", { timeLimitS: 86_400, partition: "debug" });
    await cluster.untilState(runs, "RUNNING");
    const end = await ask<{ ended: boolean }>(
      "get /v1/jobs/{ref}/end",
      `/v1/jobs/${failed}/end?timeoutMs=30000`,
    );
    expect(end.ended).toBe(true);

    await ask("post /v1/jobs/test", "/v1/jobs/test", spec(sleep, { minNodes: 4, ntasks: 4 }));
    const all = await ask<Jobs>("get /v1/jobs", "/v1/jobs?ended=1");
    const states = all.jobs.map(({ state }) => state);
    for (const state of ["RUNNING", "PENDING", "FAILED"]) expect(states).toContain(state);
    const page = await ask<Jobs>("get /v1/jobs", "/v1/jobs?ended=1&limit=2");
    expect(page.jobs).toHaveLength(2);
    const rest = await ask<Jobs>("get /v1/jobs", `/v1/jobs?ended=1&after=${page.next}`);
    expect([...page.jobs, ...rest.jobs].map(({ jobId }) => jobId)).toEqual(
      all.jobs.map(({ jobId }) => jobId),
    );
    for (const ref of [runs, failed, array, `${array}_0`, `${array}_[0-5]`, waits, after, held, never]) {
      const path = `/v1/jobs/${encodeURIComponent(ref)}`;
      await ask("get /v1/jobs/{ref}", path);
      await ask("get /v1/jobs/{ref}/explain", `${path}/explain`);
    }
    expect(await ask("get /v1/jobs/{ref}/script", `/v1/jobs/${runs}/script`)).toBe(sleep);
    const step = await ask<{ stepId: number }>("post /v1/jobs/{ref}/steps", `/v1/jobs/${runs}/steps`, STEP);
    const steps = `/v1/jobs/${runs}/steps`;
    expect(await ask("get /v1/jobs/{ref}/steps", steps)).toMatchObject({ steps: [{ stepId: step.stepId }] });
    await ask("get /v1/steps", "/v1/steps");
    await ask("post /v1/jobs/{ref}/steps/{step}/cancel", `${steps}/${step.stepId}/cancel`, { signal: 9 });
    await ask("post /v1/jobs/{ref}/suspend", `/v1/jobs/${runs}/suspend`, {});
    await ask("post /v1/jobs/{ref}/resume", `/v1/jobs/${runs}/resume`, {});
    const bare = await submit("#!/bin/bash\n", {
      allocation: "held",
      nodelist: "n3",
      minNodes: 1,
      ntasks: 1,
    });
    await ask("post /v1/jobs/{ref}/hold-allocation", `/v1/jobs/${bare}/hold-allocation`, {});
    await cluster.untilState(bare, "RUNNING");
    await ask("post /v1/jobs/{ref}/complete", `/v1/jobs/${bare}/complete`, { exitCode: 0, signal: 0 });
    await ask("patch /v1/jobs/{ref}", `/v1/jobs/${held}`, { nice: 5, name: "renamed", timeLimitS: 60 });
    await ask("post /v1/jobs/{ref}/hold", `/v1/jobs/${after}/hold`, {});
    await ask("post /v1/jobs/{ref}/release", `/v1/jobs/${after}/release`, {});
    await ask("post /v1/jobs/{ref}/requeue", `/v1/jobs/${failed}/requeue`, { hold: true });

    await ask("patch /v1/nodes/{name}", "/v1/nodes/n4", { state: "DRAIN", reason: "bad disk" });
    await ask("get /v1/nodes", "/v1/nodes");
    expect(await ask("get /v1/nodes/{name}", "/v1/nodes/n4")).toMatchObject({
      drain: true,
      reason: "bad disk",
    });
    await ask("patch /v1/nodes/{name}", "/v1/nodes/n4", { state: "RESUME" });
    await ask("get /v1/shares", "/v1/shares");
    await ask("get /v1/priorities", "/v1/priorities");
    await ask("get /v1/qos", "/v1/qos");
    await ask("get /v1/snapshot", "/v1/snapshot");
    const soonS = Math.floor(Date.now() / 1000) + 86_400;
    const reservation = {
      name: "upkeep",
      nodes: "n4",
      startS: soonS,
      endS: soonS + 3600,
      users: ["root"],
      flags: ["MAINT"],
    };
    await ask("post /v1/reservations", "/v1/reservations", reservation);
    await ask("get /v1/reservations", "/v1/reservations");
    await ask("patch /v1/reservations/{name}", "/v1/reservations/upkeep", { endS: soonS + 7200 });
    await ask("delete /v1/reservations/{name}", "/v1/reservations/upkeep");
    await ask("get /v1/partitions", "/v1/partitions");
    await ask("post /v1/policies/{kind}/load", "/v1/policies/placement/load", {
      module: "spread",
      parameters: { gpuWeight: 2 },
    });
    await ask("post /v1/policies/{kind}/set", "/v1/policies/placement/set", { parameters: { gpuWeight: 3 } });
    await ask("post /v1/policies/{kind}/rollback", "/v1/policies/placement/rollback", {});
    expect(await ask("get /v1/policies", "/v1/policies")).toMatchObject({
      policies: [{ kind: "priority" }, { name: "spread", earlier: "pack 1.0.0" }, { kind: "topology" }],
    });
    await ask("post /v1/policies/{kind}/rollback", "/v1/policies/placement/rollback", {});
    await ask("post /v1/policies/{kind}/shadow", "/v1/policies/placement/shadow", {
      module: "spread",
      passes: 5,
    });
    expect(await ask("get /v1/policies/shadow", "/v1/policies/shadow")).toMatchObject({
      shadows: [{ name: "spread", against: "pack 1.0.0", state: "running", passesAsked: 5 }],
    });
    await ask("delete /v1/policies/shadow", "/v1/policies/shadow");
    const source = `import { Cluster, PendingJob, Priority } from "rota/priority";
@policy("1.0.0", "Short jobs first.")
class Short extends Priority {
  score(job: PendingJob, cluster: Cluster): f64 { return -<f64>job.timeLimitS; }
}`;
    const built = await ask<{ wasm: string }>("post /v1/policies/build", "/v1/policies/build", {
      name: "short",
      source,
    });
    const cases = [{ name: "shorter first", jobs: [{ timeLimitS: 9 }, { timeLimitS: 8 }], order: [1, 0] }];
    expect(
      await ask("post /v1/policies/test", "/v1/policies/test", { name: "short", source, cases, rounds: 5 }),
    ).toMatchObject({ isGreen: true, kind: "priority", cases: [{ faults: [] }], random: { rounds: 5 } });
    const asked = { module: "short.wasm", wasm: built.wasm };
    expect(
      await ask("post /v1/policies/{kind}/simulate", "/v1/policies/priority/simulate", asked),
    ).toMatchObject({ name: "short", against: "fifo", kind: "priority" });
    await ask("get /v1/cluster", "/v1/cluster");
    await ask("get /v1/stats", "/v1/stats");
    const { errors } = await ask<{ errors: { code: string }[] }>("get /v1/errors", "/v1/errors");
    expect(errors.map(({ code }) => code)).toEqual(Object.keys(ERRORS));
    await ask("get /healthz", "/healthz");
    await ask("get /openapi.json", "/openapi.json");

    for (const job of all.jobs) await send("POST", `/v1/jobs/${job.jobId}/cancel`, {});
    await ask("post /v1/jobs/{ref}/cancel", `/v1/jobs/${await submit(sleep)}/cancel`, { signal: 9 });
    await until("all have ended", async () =>
      (await ask<Jobs>("get /v1/jobs", "/v1/jobs")).jobs.length === 0 ? true : undefined,
    );
    const { history } = await ask<{ history: { jobId: number }[] }>(
      "get /v1/history",
      "/v1/history?limit=100",
    );
    for (const id of [runs, failed, waits, after, held, never])
      expect(history.some(({ jobId }) => jobId === id)).toBe(true);
    await ask("get /metrics", "/metrics");

    const routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect([...seen, "get /v1/events"].sort()).toEqual(routes.sort());
  }, 180_000);
});

describe("the event stream", () => {
  it("tells of a job in order, and again from the middle to a client that comes back", async () => {
    const events = await readEvents({}, async () => {
      const id = await cluster.submit("#!/bin/bash\nexit 3\n", { name: "streamed" });
      await cluster.ended(id);
      return id;
    });
    const told = events.list.filter(({ data }) => data.jobId === events.value);
    expect(told.map(({ type }) => type)).toEqual(["job.submitted", "job.started", "job.ended"]);
    expect(told[0]?.data).toMatchObject({ name: "streamed", user: "tester" });
    expect(told[2]?.data).toMatchObject({ state: "FAILED", exitCode: 3, reason: "NonZeroExitCode" });
    const numbers = events.list.map(({ seq }) => seq);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const again = await readEvents({ "last-event-id": String(told[0]!.seq) }, async () => events.value);
    expect(again.list.filter(({ data }) => data.jobId === events.value).map(({ type }) => type)).toEqual([
      "job.started",
      "job.ended",
    ]);
  });

  interface Told {
    readonly seq: number;
    readonly type: string;
    readonly data: Record<string, unknown>;
  }

  /** Events from the opening of the stream until the job that `act` names has ended in it. */
  async function readEvents(
    headers: Record<string, string>,
    act: () => Promise<number>,
  ): Promise<{ value: number; list: Told[] }> {
    const stop = new AbortController();
    const answer = await fetch(`${cluster.url}/v1/events`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal: stop.signal,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const list: Told[] = [];
    let text = "";
    const decoder = new TextDecoder();
    const reading = (async () => {
      for await (const bytes of answer.body!) {
        text += decoder.decode(bytes as Uint8Array, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) {
          const line = block.split("\n").find((one) => one.startsWith("data: "));
          if (line === undefined) continue;
          const told = JSON.parse(line.slice("data: ".length)) as Told;
          expect(block).toContain(`id: ${told.seq}\n`);
          expect(block).toContain(`event: ${told.type}\n`);
          list.push(told);
        }
      }
    })().catch(() => undefined);
    const value = await act();
    await until("its end in the stream", () =>
      list.some(({ type, data }) => type === "job.ended" && data["jobId"] === value) ? true : undefined,
    );
    stop.abort();
    await reading;
    return { value, list };
  }
});

describe("/metrics", () => {
  it("is Prometheus text, with figures that go up", async () => {
    const read = async (): Promise<Map<string, number>> => {
      const { text, type } = await send("GET", "/metrics");
      expect(type).toContain("text/plain");
      const values = new Map<string, number>();
      for (const line of text.split("\n")) {
        if (line === "" || line.startsWith("#")) continue;
        const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^}]*\})?) (\S+)$/.exec(line);
        expect(match, line).not.toBeNull();
        expect(Number.isFinite(Number(match?.[2])) || /^[+-]Inf|NaN$/.test(match?.[2] ?? "")).toBe(true);
        values.set(match![1]!, Number(match![2]));
      }
      const named = [...values.keys()].map((name) => name.replace(/\{.*$/, ""));
      for (const line of text.split("\n").filter((one) => one.startsWith("# TYPE ")))
        expect(
          named.some((name) => name.startsWith(line.split(" ")[2]!)),
          line,
        ).toBe(true);
      return values;
    };
    const before = await read();
    const id = await cluster.submit("#!/bin/bash\ntrue\n");
    await cluster.ended(id);
    const after = await read();
    const grown = [...after].filter(([name, value]) => value > (before.get(name) ?? 0)).map(([name]) => name);
    expect(grown.some((name) => /submitted/.test(name))).toBe(true);
    expect(grown.some((name) => /completed/.test(name))).toBe(true);
  });
});

describe("the bounds", () => {
  /** The status for a body of so many bytes, of which the first few are sent: the answer comes before the rest. */
  const statusOfBody = (bytes: number): Promise<number | undefined> =>
    new Promise((done, fail) => {
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": String(bytes),
      };
      const request = httpRequest(`${cluster.url}/v1/jobs`, { method: "POST", headers }, (answer) => {
        done(answer.statusCode);
        request.destroy();
      });
      request.on("error", fail);
      request.write("{");
    });

  it("refuse what is too large, malformed, unknown or not allowed, with the code of the table", async () => {
    const nextJobId = async (): Promise<number> =>
      (JSON.parse((await send("GET", "/v1/cluster")).text) as { nextJobId: number }).nextJobId;
    const before = await nextJobId();
    const submit = "post /v1/jobs";
    const job = "get /v1/jobs/{ref}";
    expect(await statusOfBody(64 * 1024 * 1024)).toBe(413);
    expect((await refused(submit, "/v1/jobs", "{")).status).toBe(400);
    expect((await refused(submit, "/v1/jobs", "[".repeat(100))).status).toBe(400);
    expect((await refused(submit, "/v1/jobs", {})).status).toBe(400);
    expect(
      (await refused(submit, "/v1/jobs", { ...specOf("#!/bin/sh\n", "/tmp"), surprise: 1 })).status,
    ).toBe(400);
    expect(
      (await refused(submit, "/v1/jobs", { ...specOf("#!/bin/sh\n", "/tmp"), ntasks: "4" })).status,
    ).toBe(400);
    expect((await refused("get /v1/jobs", "/v1/jobs?limit=100001")).status).toBe(400);
    expect((await refused("get /v1/jobs", "/v1/jobs?what=1")).status).toBe(400);
    expect((await refused(job, "/v1/jobs/abc")).status).toBeGreaterThanOrEqual(400);
    expect(await refused(job, "/v1/jobs/999999")).toEqual({ status: 404, code: "INVALID_JOB_ID" });
    expect(await refused("get /v1/nodes/{name}", "/v1/nodes/n9")).toEqual({
      status: 404,
      code: "UNKNOWN_NODE",
    });
    expect((await send("GET", "/v1/nothing")).status).toBe(404);
    expect((await send("GET", "/v1/jobs", undefined, { authorization: "" })).status).toBe(401);
    expect((await send("GET", "/v1/jobs", undefined, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await send("GET", "/metrics", undefined, { authorization: "" })).status).toBe(401);
    // Open to this machine without a token.
    expect((await send("GET", "/healthz", undefined, { authorization: "" })).status).toBe(200);
    // Nothing of it has stopped the controller or become a job.
    expect(await nextJobId()).toBe(before);
  });

  it("keep one user from another's jobs and nodes", async () => {
    const id = await cluster.submit("#!/bin/bash\ntrue\n", { hold: true });
    const other = { "x-rota-user": "other", "x-rota-uid": "54321" };
    expect((await send("POST", `/v1/jobs/${id}/cancel`, {}, other)).status).toBe(403);
    expect((await send("PATCH", "/v1/nodes/n1", { state: "DRAIN", reason: "no" }, other)).status).toBe(403);
    expect((await cluster.job(id)).state).toBe("PENDING");
    await cluster.client.post(`/v1/jobs/${id}/cancel`, {});
  });
});
