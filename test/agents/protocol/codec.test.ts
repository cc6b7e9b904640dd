import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { decodeAgentFrame, decodeControllerFrame, encodeFrame } from "../../../agents/protocol/codec.ts";
import { type AgentFrame, type ControllerFrame, MAX_FRAME_BYTES } from "../../../agents/protocol/frames.ts";
import { wireProblem } from "../../../agents/protocol/wire-check.ts";
import { startOrder } from "../test-controller.ts";

const plain = new Packr({ useRecords: false });

const hello: AgentFrame = {
  kind: "hello",
  protocolMin: 1,
  protocolMax: 1,
  node: {
    name: "n1",
    hostname: "host",
    address: "10.0.0.1",
    cpus: 4,
    sockets: 1,
    coresPerSocket: 4,
    threadsPerCore: 1,
    memoryMib: 4000,
    devices: [
      {
        name: "gpu",
        type: "tesla",
        vendor: "nvidia",
        model: "",
        uuid: "",
        pci: "0000:3b:00.0",
        numaNode: -1,
        memoryMib: 0,
        plugin: "generic-pci",
        vendorIndex: 0,
        files: ["/dev/nvidia0"],
      },
    ],
    features: ["fast"],
    arch: "x86_64",
    os: "Linux",
    version: "0.1.0",
    bootS: 1,
    agentStartS: 2,
    topologyLeaf: "",
  },
  agentSession: "a",
  controllerSession: "",
  lastReceived: 0,
  jobs: [{ jobId: 1, restarts: 0, state: "running" }],
};
const ended: AgentFrame = {
  kind: "data",
  seq: 3,
  ack: 2,
  body: {
    kind: "ended",
    jobId: 1,
    restarts: 0,
    exitCode: 3,
    signal: 0,
    cause: "exit",
    text: "",
    startedMs: 1_795_559_219_735,
    endedMs: 1_795_559_219_800,
    cpuTimeMs: -1,
    maxRssMib: 12,
  },
};
const start: ControllerFrame = {
  kind: "data",
  seq: 1,
  ack: 0,
  body: startOrder(7, "/tmp", "true", {
    environment: { "BASH_FUNC_ml%%": "() { :; }", EMPTY: "", LINES: "a\nb" },
    args: ["one two", ""],
    signal: { signal: 12, beforeS: 90, batchOnly: true },
  }),
};

const changed = (frame: object, path: string, value: unknown): unknown => {
  const copy = structuredClone(frame) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop()!;
  const at = keys.reduce<Record<string, unknown>>(
    (inner, key) => inner[key] as Record<string, unknown>,
    copy,
  );
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
};

describe("the codec", () => {
  it("gives back every frame that it encodes", () => {
    for (const frame of [
      hello,
      ended,
      { kind: "heartbeat", ack: 9, cpuLoad: 120, freeMemMib: 100 } as const,
    ]) {
      expect(decodeAgentFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame });
    }
    const others: ControllerFrame[] = [
      start,
      { kind: "welcome", protocol: 1, controllerSession: "c", lastReceived: 4, heartbeatMs: 5000 },
      { kind: "refused", code: "NODE_REFUSED", message: "no" },
      {
        kind: "data",
        seq: 2,
        ack: 1,
        body: { kind: "end", jobId: 1, restarts: 0, cause: "cancelled", graceMs: 0 },
      },
      {
        kind: "data",
        seq: 2,
        ack: 1,
        body: { kind: "signal", jobId: 1, restarts: 0, signal: 10, batchOnly: false },
      },
      { kind: "data", seq: 2, ack: 1, body: { kind: "limit", jobId: 1, restarts: 0, timeLimitS: 60 } },
      { kind: "data", seq: 2, ack: 1, body: { kind: "forget", jobId: 1, restarts: 0 } },
    ];
    for (const frame of others)
      expect(decodeControllerFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame });
  });

  it.each([
    ["a job id of 0", ended, "body.jobId", 0],
    ["a fraction", ended, "body.exitCode", 1.5],
    ["an unknown cause", ended, "body.cause", "tired"],
    ["a missing field", ended, "body.endedMs", undefined],
    ["an unknown body", ended, "body.kind", "begun"],
    ["a sequence number of 0", ended, "seq", 0],
    ["a node without a name", hello, "node.name", ""],
    ["a node name with a slash", hello, "node.name", "a/b"],
    ["17 devices", hello, "node.devices", Array.from({ length: 17 }, () => ({}))],
    ["text for a number", hello, "node.cpus", "4"],
  ])("refuses an agent's frame with %s", (_what, frame, path, value) => {
    const decoded = decodeAgentFrame(plain.pack(changed(frame, path, value)));
    expect(decoded).toMatchObject({ ok: false, refusal: { code: "BAD_REQUEST" } });
  });

  it.each([
    ["a relative path", "body.stdout", "out"],
    ["a NUL in an argument", "body.args", ["a\0b"]],
    ["a variable name with =", "body.environment", { "A=B": "1" }],
    ["a NUL in a variable", "body.environment", { A: "1\0" }],
    ["a lane that no node has", "body.devices", [{ lane: 16, thousandths: 1000 }]],
    ["no time limit", "body.timeLimitS", 0],
    ["a user name with a colon", "body.user", "a:b"],
  ])("refuses a start order with %s", (_what, path, value) => {
    expect(decodeControllerFrame(plain.pack(changed(start, path, value))).ok).toBe(false);
  });

  it("refuses a frame of the other side", () => {
    expect(decodeControllerFrame(encodeFrame(hello)).ok).toBe(false);
    expect(decodeAgentFrame(encodeFrame(start)).ok).toBe(false);
  });

  it("refuses what is too large, cut short, nested without end or announces more than it has", () => {
    expect(decodeAgentFrame(new Uint8Array(MAX_FRAME_BYTES + 1))).toMatchObject({
      refusal: { code: "TOO_LARGE" },
    });
    const whole = encodeFrame(ended);
    for (let length = 0; length < whole.length; length++) {
      expect(decodeAgentFrame(whole.subarray(0, length)).ok).toBe(false);
    }
    expect(decodeAgentFrame(new Uint8Array(100_000).fill(0x91)).ok).toBe(false);
    expect(decodeAgentFrame(Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff])).ok).toBe(false);
    expect(decodeAgentFrame(plain.pack({ kind: "heartbeat", ack: new Date(0) })).ok).toBe(false);
  });

  it("answers with a value, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(typeof decodeAgentFrame(bytes).ok).toBe("boolean");
        expect(typeof decodeControllerFrame(bytes).ok).toBe("boolean");
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }), (flips) => {
        const bytes = Uint8Array.from(encodeFrame(hello));
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        expect(typeof decodeAgentFrame(bytes).ok).toBe("boolean");
      }),
    );
  });

  it("passes the structure of every JSON-like value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(wireProblem(plain.pack(value))).toBeUndefined();
      }),
    );
  });
});
