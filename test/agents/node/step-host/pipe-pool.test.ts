/** Pipes of tasks: what is written into one comes out of it, from the first use on, and an input ends when it is closed. */
import { spawnSync } from "node:child_process";
import { closeSync, readFileSync, readSync, writeSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openInput, openOutput, PipePool } from "../../../../agents/node/step-host/pipe-pool.ts";

describe("the pool of pipes", () => {
  it("gives pipes that nobody else reads from, as soon as it gives them", async () => {
    const pool = new PipePool("/bin/sh");
    const pipes = await pool.take(24);
    const read = pipes.map((pipe, i) => {
      const { reader, writer } = openOutput(pipe, undefined);
      writeSync(writer, `line ${i}\n`);
      closeSync(writer);
      const bytes = Buffer.alloc(64);
      const length = readSync(reader, bytes);
      closeSync(reader);
      return bytes.toString("utf8", 0, length);
    });
    expect(read).toEqual(pipes.map((_, i) => `line ${i}\n`));
    for (const pipe of pipes) pool.giveBack(pipe);
  });

  it("lets a task open its streams again by name", async () => {
    const pool = new PipePool("/bin/sh");
    const [first, second] = await pool.take(2);
    const input = openInput(first!, undefined);
    const output = openOutput(second!, undefined);
    writeSync(input.writer, "hello\n");
    closeSync(input.writer);
    spawnSync("/bin/sh", ["-c", "cat /dev/stdin >/dev/stdout"], {
      stdio: [input.reader, output.writer, "ignore"],
    });
    for (const fd of [input.reader, output.writer]) closeSync(fd);
    expect(readFileSync(output.reader, "utf8")).toBe("hello\n");
    closeSync(output.reader);
    pool.drop(first!);
    pool.giveBack(second!);
  });
});
