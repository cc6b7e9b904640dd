/**
 * Policies of a running controller through the commands: shown, loaded under load, refused, struck and rolled back. Real
 * controller, real worker, real WASM, agents that play at running jobs.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../../agents/fake/fake-agents.ts";
import type { RunningController } from "../../../core/controller/start-controller.ts";
import type { PolicyView } from "../../../core/model/policy-views.ts";
import { controllerHere } from "../../controller/controller-here.ts";
import { fakeNode } from "../../controller/fake-node.ts";
import { specOf, until } from "../../e2e/programs.ts";
import { placeBody, wrongModule } from "../../wasm/faults/wrong-module.ts";
import { type Ran, runWith } from "../rota/stand-in.ts";

let folder: string;
let controller: RunningController;
let agents: FakeAgents | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rota-live-"));
  expect((await runWith({}, ["policy", "new", "quiet", "--kind", "placement"], { cwd: folder })).code).toBe(
    0,
  );
  expect((await runWith({}, ["policy", "build", "quiet"], { cwd: folder })).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let starts = 0;
beforeEach(async () => {
  controller = await controllerHere(join(folder, `state-${starts++}`));
});
afterEach(async () => {
  agents?.close();
  agents = undefined;
  await controller.close();
});

const policy = (...args: string[]): Promise<Ran> =>
  runWith({ ROTA_URL: controller.url, ROTA_TOKEN: controller.token }, ["policy", ...args], { cwd: folder });

async function served(kind: string): Promise<PolicyView> {
  return JSON.parse((await policy("show", kind, "--live", "--json")).out) as PolicyView;
}

async function startAgents(): Promise<void> {
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 4,
    nodeSpec: (i) => fakeNode(`f${i}`, 4),
    runMs: () => 5,
  });
}

async function submit(): Promise<void> {
  const response = await fetch(`${controller.url}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${controller.token}`, "content-type": "application/json" },
    body: JSON.stringify(specOf("#!/bin/sh\ntrue\n", folder, {})),
  });
  expect(response.status).toBe(201);
}

describe("what there is", () => {
  it("is listed with what serves, as a table and as JSON", async () => {
    const listed = await policy("list", "quiet");
    expect(listed).toMatchObject({ code: 0, err: "" });
    expect(listed.out).toMatch(/^placement +pack +1\.0\.0 +[0-9a-f]{12} +yes +Best fit/m);
    expect(listed.out).toMatch(/^placement +quiet +0\.1\.0 +[0-9a-f]{12} +Takes the node/m);
    expect(listed.out).toMatch(/^topology +tree +2\.0\.0 +[0-9a-f]{12} +configuration/m);
    const { modules, serving } = JSON.parse((await policy("list", "--json")).out);
    expect(modules.map(({ name }: { name: string }) => name)).toContain("multifactor");
    expect(serving.map(({ kind }: { kind: string }) => kind)).toEqual(["priority", "placement", "topology"]);
  });

  it("is shown with parameters, columns and digest, without a controller too", async () => {
    const shown = await runWith({}, ["policy", "show", "quiet/build/quiet.wasm"], { cwd: folder });
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out).toMatch(/^gpuCost +f32 +8 +0 +1000 +What one GPU left over costs/m);
    expect(shown.out).toMatch(/^sha256 +[0-9a-f]{64}$/m);
    expect(shown.out).toMatch(/^reads +freeCpus, totalCpus/m);
    expect((await runWith({}, ["policy", "show", "sjf"], { cwd: folder })).out).toMatch(/^scores +static$/m);
    expect((await runWith({}, ["policy", "list"], { cwd: folder })).code).toBe(0);
    expect((await runWith({}, ["policy", "show", "nothing"], { cwd: folder })).err).toContain(
      "POLICY_UNREADABLE",
    );
  });
});

describe("a load", () => {
  it("serves from the next pass on, counts its calls and time, and is rolled back", async () => {
    await startAgents();
    const loaded = await policy("load", "placement", "quiet", "--set", "gpuCost=4.5");
    expect(loaded).toMatchObject({ code: 0, err: "" });
    expect(loaded.out).toContain("placement: quiet 0.1.0");
    expect(loaded.out).toContain("rollback brings pack 1.0.0 back");
    expect(loaded.out).toMatch(
      /policies:\n {2}placement:\n {4}module: .*quiet\.wasm\n {4}digest: sha256:[0-9a-f]{64}\n {4}parameters:\n {6}gpuCost: 4\.5\n/,
    );
    await submit();
    await until("the job ended", () => (controller.parts.tally.completed === 1 ? true : undefined));
    const now = await served("placement");
    expect(now).toMatchObject({
      name: "quiet",
      origin: "loaded",
      strikes: 0,
      out: false,
      earlier: "pack 1.0.0",
    });
    expect(now.parameters).toMatchObject([{ name: "gpuCost", value: 4.5, default: 8 }]);
    expect(now.calls).toBeGreaterThan(0);
    expect((await policy("rollback", "placement")).out).toContain("placement: pack 1.0.0");
    expect(await served("placement")).toMatchObject({ name: "pack", strikes: 0 });
    expect((await policy("rollback", "placement")).err).toContain("POLICY_NO_EARLIER");
  });

  it("of a bad value is refused with the range, here and by the controller", async () => {
    const here = await policy("load", "placement", "quiet", "--set", "gpuCost=1001");
    expect(here.code).toBe(1);
    expect(here.err).toContain("quiet: gpuCost must be a number from 0 to 1000, not 1001");
    expect((await policy("load", "priority", "multifactor", "--set", "favorSmall=0.5")).err).toContain(
      "0 to 1",
    );
    expect((await policy("load", "placement", "quiet", "--set", "gpu=1")).err).toContain("it has: gpuCost");
    expect((await policy("load", "placement", "quiet", "--set", "gpuCost")).err).toContain("name=number");
    const response = await fetch(`${controller.url}/v1/policies/placement/load`, {
      method: "POST",
      headers: { authorization: `Bearer ${controller.token}`, "content-type": "application/json" },
      body: JSON.stringify({ module: "pack", parameters: { gpuWeight: -1 } }),
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: "POLICY_PARAMETER",
      message: expect.stringContaining("from 0 to 65536, not -1"),
      details: { parameter: "gpuWeight", min: 0, max: 65536 },
    });
    expect(await served("placement")).toMatchObject({ name: "pack", origin: "configuration" });
  });

  it("of another kind, of no module, of a user who is no operator is refused", async () => {
    expect((await policy("load", "priority", "quiet")).err).toContain("POLICY_WRONG_KIND");
    expect((await policy("load", "admission", "quiet")).err).toContain("POLICY_WRONG_KIND");
    expect((await policy("load", "preemption", "cheapest")).err).toContain("POLICY_NOT_SERVED");
    writeFileSync(join(folder, "no.wasm"), "no module");
    expect((await policy("load", "placement", "no.wasm")).err).toContain("POLICY_NOT_WASM");
    const ask = async (body: unknown, headers: Record<string, string> = {}): Promise<unknown> => {
      const response = await fetch(`${controller.url}/v1/policies/placement/load`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${controller.token}`,
          "content-type": "application/json",
          ...headers,
        },
        body: JSON.stringify(body),
      });
      return ((await response.json()) as { code: unknown }).code;
    };
    expect(await ask({ module: "/etc/passwd.wasm" })).toBe("POLICY_UNREADABLE");
    expect(await ask({ module: "../pack" })).toBe("POLICY_UNREADABLE");
    expect(await ask({ module: "x.wasm", wasm: Buffer.from("no").toString("base64") })).toBe(
      "POLICY_NOT_WASM",
    );
    expect(await ask({ module: "x.wasm", wasm: "%%" })).toBe("BAD_REQUEST");
    expect(await ask({ module: "pack" }, { "x-rota-user": "eve", "x-rota-uid": "65533" })).toBe(
      "ACCESS_DENIED",
    );
  });

  it("under load loses no job and no pass, whichever module is swapped in", async () => {
    await startAgents();
    const jobs = 120;
    const feed = (async () => {
      for (let i = 0; i < jobs; i++) await submit();
    })();
    for (let round = 0; round < 4; round++) {
      expect((await policy("load", "placement", round % 2 === 0 ? "quiet" : "spread")).code).toBe(0);
      expect((await policy("load", "priority", round % 2 === 0 ? "sjf" : "fcfs")).code).toBe(0);
      expect((await policy("rollback", "placement")).code).toBe(0);
    }
    await feed;
    const { tally } = controller.parts;
    await until("all jobs ended", () => (tally.completed === jobs ? true : undefined));
    expect(tally.failed).toBe(0);
    expect(await served("priority")).toMatchObject({ name: "fcfs", strikes: 0, earlier: "sjf 1.0.0" });
  });

  it("of a wrong module is struck and out, is told with its reason, and another one is not held to it", async () => {
    writeFileSync(join(folder, "wrong.wasm"), wrongModule({ place: placeBody("(unreachable)") }));
    await startAgents();
    expect((await policy("load", "placement", "wrong.wasm")).code).toBe(0);
    let submitted = 0;
    // A pass is one strike at most, so jobs come until there were three.
    await until("it is out", async () => {
      if ((await served("placement")).out) return true;
      await submit();
      submitted++;
      return undefined;
    });
    await until("all jobs ended", () => (controller.parts.tally.completed === submitted ? true : undefined));
    const shown = (await policy("show", "placement", "--live")).out;
    expect(shown).toMatch(/^strikes +3, out: the built-in serves$/m);
    expect(shown).toMatch(/^last fault +POLICY_/m);
    expect((await policy("load", "placement", "quiet")).code).toBe(0);
    expect(await served("placement")).toMatchObject({ name: "quiet", strikes: 0, out: false });
  });
});
