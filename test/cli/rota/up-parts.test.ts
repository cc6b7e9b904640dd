import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentOptions } from "../../../core/cli/rota/program-commands.ts";
import { statePath } from "../../../core/cli/rota/state-path.ts";
import { afterDeath, MAX_SHORT_LIVES, NO_BACKOFF } from "../../../core/cli/rota/up/backoff.ts";
import { freePort } from "../../../core/cli/rota/up/free-port.ts";
import { type Death, KeptProgram } from "../../../core/cli/rota/up/kept-program.ts";
import { logTail } from "../../../core/cli/rota/up/log-file.ts";
import { takeUpLock } from "../../../core/cli/rota/up/up-lock.ts";
import { planUp } from "../../../core/cli/rota/up/up-options.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-up-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the wait before a program is started again", () => {
  it("doubles with each short life up to ten seconds, and begins anew after a long one", () => {
    const waits: (number | undefined)[] = [];
    let { backoff } = { backoff: NO_BACKOFF };
    for (let i = 0; i < 9; i++) {
      const next = afterDeath(backoff, 10);
      backoff = next.backoff;
      waits.push(next.waitMs);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(afterDeath(backoff, 60_000).waitMs).toBe(100);
  });

  it("ends after too many short lives in a row", () => {
    expect(afterDeath({ shortLives: MAX_SHORT_LIVES - 1 }, 10).waitMs).toBe(10_000);
    expect(afterDeath({ shortLives: MAX_SHORT_LIVES }, 10).waitMs).toBeUndefined();
  });
});

describe("the lock of a state directory", () => {
  it("is held by one, and free again once released", () => {
    const lock = takeUpLock(folder);
    if (!lock.ok) throw new Error(lock.refusal.message);
    const second = takeUpLock(folder);
    expect(second.ok).toBe(false);
    expect(second.ok ? "" : second.refusal.message).toContain(`(process ${process.pid})`);
    lock.value.release();
    const third = takeUpLock(folder);
    expect(third.ok).toBe(true);
    if (third.ok) third.value.release();
  });

  it("is taken over from a process that is gone, and from half a file", () => {
    const lock = takeUpLock(folder);
    if (!lock.ok) throw new Error(lock.refusal.message);
    const path = join(folder, "up.lock");
    const [boot, stat] = readFileSync(path, "utf8").split("\n");
    // The same process id, started at another time.
    const fields = stat!.split(" ");
    fields[21] = "1";
    for (const stale of [`${boot}\n${fields.join(" ")}`, "another-boot\n", ""]) {
      writeFileSync(path, stale);
      const next = takeUpLock(folder);
      expect(next.ok).toBe(true);
      if (next.ok) next.value.release();
    }
  });
});

describe("the options of rota up", () => {
  it("make one agent with the host's name, or many with numbers", () => {
    const one = planUp({ stateDir: folder }, {});
    expect(one.ok && one.value.agents).toEqual([{ name: hostname().split(".")[0] }]);
    const four = planUp(
      { nodes: "4", cpus: "4", memory: "4000M", gres: "gpu:tesla:2" },
      { ROTA_STATE_DIR: folder },
    );
    expect(four.ok && four.value.stateDir).toBe(folder);
    const share = { cpus: "4", memory: "4000M", gres: "gpu:tesla:2" };
    expect(four.ok && four.value.agents).toEqual(
      ["n1", "n2", "n3", "n4"].map((name) => ({ name, ...share })),
    );
  });

  it.each([
    [{ nodes: "0" }, "--nodes"],
    [{ nodes: "65" }, "--nodes"],
    [{ cpus: "four" }, "--cpus"],
    [{ memory: "4X" }, "--memory"],
    [{ memory: "0" }, "--memory"],
    [{ gres: "gpu:" }, "--gres"],
    [{ port: "70000" }, "--port"],
  ])("are refused where they cannot be: %j", (options, words) => {
    const plan = planUp(options, {});
    expect(plan.ok ? "" : plan.refusal.message).toContain(words);
  });

  it("tell a fault of the configuration, and agents that it does not list, before anything starts", () => {
    const config = join(folder, "rota.yaml");
    expect(planUp({ config }, {})).toMatchObject({ ok: false, refusal: { code: "CONFIG_UNREADABLE" } });
    writeFileSync(config, "clustr: a\n");
    const faulty = planUp({ config }, {});
    expect(faulty.ok ? "" : faulty.refusal.message).toContain(`${config}:1:1: "clustr" is not a key`);
    writeFileSync(config, "nodes: [{names: 'n[1-2]'}]\n");
    expect(planUp({ config, nodes: "2" }, {}).ok).toBe(true);
    expect(planUp({ config, nodes: "3" }, {})).toMatchObject({
      ok: false,
      refusal: { code: "NODE_REFUSED" },
    });
  });
});

describe("the state directory", () => {
  it("is the option's, the environment's, or the user's own", () => {
    expect(statePath("/a", { ROTA_STATE_DIR: "/b" })).toBe("/a");
    expect(statePath(undefined, { ROTA_STATE_DIR: "/b" })).toBe("/b");
    expect(statePath(undefined, {})).toMatch(/\/\.local\/state\/rota$/);
  });
});

describe("the options of rota agent", () => {
  it("find this machine's controller", () => {
    writeFileSync(join(folder, "connect.json"), '{"url":"http://127.0.0.1:1","tokenFile":"/t"}');
    const found = agentOptions({ name: "n1", memory: "4G", features: "a,b" }, { ROTA_STATE_DIR: folder });
    expect(found).toEqual({
      ok: true,
      value: {
        controllerUrl: "http://127.0.0.1:1",
        tokenFile: "/t",
        stateDir: `${folder}/agents/n1`,
        name: "n1",
        memoryMib: 4096,
        features: ["a", "b"],
      },
    });
  });

  it("go before the environment, and the environment before this machine's controller", () => {
    writeFileSync(join(folder, "connect.json"), '{"url":"http://127.0.0.1:1","tokenFile":"/t"}');
    const environment = { ROTA_STATE_DIR: folder, ROTA_URL: "http://b:2", ROTA_TOKEN: "secret" };
    const found = agentOptions({ stateDir: "/s" }, environment);
    expect(found).toEqual({
      ok: true,
      value: { controllerUrl: "http://b:2", token: "secret", stateDir: "/s" },
    });
    const named = agentOptions({ stateDir: "/s", controller: "http://c:3", tokenFile: "/c" }, environment);
    expect(named).toEqual({
      ok: true,
      value: { controllerUrl: "http://c:3", tokenFile: "/c", stateDir: "/s" },
    });
  });

  it("are refused where no controller is known", () => {
    expect(agentOptions({}, { ROTA_STATE_DIR: folder })).toMatchObject({
      ok: false,
      refusal: { code: "CONTROLLER_UNREACHABLE" },
    });
  });
});

describe("a port that nobody asked for", () => {
  it("is the usual one where it is free, else any", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await freePort("127.0.0.1", port)).toBe(0);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await freePort("127.0.0.1", port)).toBe(port);
  });
});

describe("a kept program", () => {
  const SPEAKER = 'console.log("line"); process.send("ready"); setInterval(() => 0, 1000)';

  it("is started again when it is killed, and not when it is stopped", async () => {
    const deaths: Death[] = [];
    let ready = 0;
    const program = new KeptProgram({
      name: "speaker",
      command: () => [process.execPath, "-e", SPEAKER],
      logPath: join(folder, "log"),
      verbose: false,
      onMessage: () => ready++,
      onDeath: (death) => deaths.push(death),
    });
    program.start();
    await until(() => ready === 1);
    const first = program.pid!;
    process.kill(first, "SIGKILL");
    await until(() => ready === 2);
    expect(program.pid).not.toBe(first);
    expect(deaths).toMatchObject([{ name: "speaker", how: "signal SIGKILL", waitMs: 100 }]);
    await program.stop();
    expect(deaths).toHaveLength(1);
    expect(program.pid).toBeUndefined();
    expect(logTail(join(folder, "log"), 1)).toBe("line");
    expect(logTail(join(folder, "log"), 5)).toBe("line\nline");
  });

  it("has its output copied to the terminal's log where that is wanted", async () => {
    const log = join(folder, "log");
    const program = new KeptProgram({
      name: "speaker",
      command: () => [process.execPath, "-e", 'console.error(""); process.exit(3)'],
      logPath: log,
      verbose: true,
      onDeath: () => undefined,
    });
    program.start();
    await until(() => program.pid === undefined);
    await program.stop();
    await until(() => readFileSync(log, "utf8") === "\n");
  });

  it("that does not exist is a death, too", async () => {
    const deaths: Death[] = [];
    const program = new KeptProgram({
      name: "nothing",
      command: () => [join(folder, "nothing")],
      logPath: join(folder, "log"),
      verbose: false,
      onDeath: (death) => deaths.push(death),
    });
    program.start();
    await until(() => deaths.length === 1);
    await program.stop();
    expect(deaths[0]!.how).toContain("ENOENT");
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}
