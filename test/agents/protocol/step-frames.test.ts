/** Frames between srun and its nodes: whole whatever the pieces that they come in, and refused when too long. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StepFrameReader, stepFrame } from "../../../agents/protocol/step-frames.ts";

describe("step frames", () => {
  it("come out as they went in, however the stream is cut", () => {
    const frame = fc.record({
      kind: fc.integer({ min: 1, max: 60 }),
      number: fc.nat(0xffff_ffff),
      bytes: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = Buffer.concat(
            frames.map(({ kind, number, bytes }) => stepFrame(kind, number, Buffer.from(bytes))),
          );
          const reader = new StepFrameReader();
          const seen: { kind: number; number: number; bytes: number[] }[] = [];
          for (let at = 0, cut = 0; at < stream.length; cut++) {
            const end = at + cuts[cut % cuts.length]!;
            const read = reader.push(Buffer.from(stream.subarray(at, end)));
            if (typeof read === "string") throw new Error(read);
            for (const { kind, number, bytes } of read) seen.push({ kind, number, bytes: [...bytes] });
            at = end;
          }
          expect(seen).toEqual(
            frames.map(({ kind, number, bytes }) => ({ kind, number, bytes: [...bytes] })),
          );
        },
      ),
    );
  });

  it("are refused by their length before they are there", () => {
    const long = stepFrame(1, 0, Buffer.alloc(64));
    expect(new StepFrameReader(32).push(long.subarray(0, 12))).toMatch(/^a frame of 69 bytes$/);
    expect(new StepFrameReader().push(Buffer.alloc(16))).toBe("a frame of 0 bytes");
  });
});
