/** Lists of jobs and nodes: order, pages, and long ones that go out in pieces. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LIST_CHUNK } from "../../core/api/limits.ts";
import { NODE } from "./cluster-values.ts";
import { jobView } from "./job-values.ts";
import { type StartedApi, startedApi } from "./started-api.ts";

interface Page {
  readonly jobs: readonly { readonly jobId: number; readonly name: string }[];
  readonly next?: number;
}

let started: StartedApi;
beforeAll(async () => {
  started = await startedApi();
});
afterAll(() => started.api.close());

const listing = (ids: readonly number[]) => {
  const jobs = ids.map((jobId) => jobView({ jobId, name: `job "${jobId}"` }));
  started.port.override = { jobs: async () => jobs };
};
const page = async (query: string): Promise<Page> => (await started.ask(`/v1/jobs${query}`)).json as Page;

describe("the list of jobs", () => {
  it("is ascending by job id, whatever order the controller has", async () => {
    listing([5, 3, 9, 1]);
    expect(await page("")).toMatchObject({ jobs: [{ jobId: 1 }, { jobId: 3 }, { jobId: 5 }, { jobId: 9 }] });
  });

  it("says where the next page begins, and only where there is one", async () => {
    listing([1, 3, 5, 9]);
    const first = await page("?limit=2");
    expect(first.jobs.map((job) => job.jobId)).toEqual([1, 3]);
    expect(first.next).toBe(3);
    const second = await page("?limit=2&after=3");
    expect(second.jobs.map((job) => job.jobId)).toEqual([5, 9]);
    expect(second).not.toHaveProperty("next");
  });

  it("page by page is the whole list, for any list and any page", async () => {
    const sizes = fc.integer({ min: 1, max: 3 * LIST_CHUNK });
    const lists = fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), {
      maxLength: 2 * LIST_CHUNK,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(lists, sizes, async (ids, limit) => {
        listing(ids);
        const seen: number[] = [];
        for (let after = 0, pages = 0; pages <= ids.length; pages++) {
          const { jobs, next } = await page(`?limit=${limit}&after=${after}`);
          expect(jobs.length).toBeLessThanOrEqual(limit);
          seen.push(...jobs.map((job) => job.jobId));
          if (next === undefined) break;
          after = next;
        }
        expect(seen).toEqual([...ids].sort((a, b) => a - b));
      }),
      { numRuns: 15 },
    );
  });

  it.each([0, 1, LIST_CHUNK, LIST_CHUNK + 1, 2 * LIST_CHUNK, 10_000])(
    "of %i jobs arrives whole",
    async (count) => {
      listing(Array.from({ length: count }, (_, i) => i + 1));
      const answer = await started.ask("/v1/jobs");
      expect(answer.type).toBe("application/json; charset=utf-8");
      const { jobs, next } = answer.json as Page;
      expect(jobs.map((job) => job.jobId)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
      expect(jobs.every((job) => job.name === `job "${job.jobId}"`)).toBe(true);
      expect(next).toBeUndefined();
    },
  );

  it("lets other requests be answered while a long one goes out", async () => {
    listing(Array.from({ length: 20_000 }, (_, i) => i + 1));
    const order: string[] = [];
    const long = started.ask("/v1/jobs").then(() => order.push("list"));
    const short = started.ask("/v1/cluster").then(() => order.push("cluster"));
    await Promise.all([long, short]);
    expect(order).toEqual(["cluster", "list"]);
  });

  it("survives a reader that goes away in the middle", async () => {
    listing(Array.from({ length: 20_000 }, (_, i) => i + 1));
    const stop = new AbortController();
    const asked = fetch(`${started.api.url}/v1/jobs`, {
      headers: { authorization: "Bearer a-token-of-the-tests" },
      signal: stop.signal,
    });
    const reader = (await asked).body!.getReader();
    await reader.read();
    stop.abort();
    await expect(reader.read()).rejects.toThrow();
    expect((await started.ask("/v1/cluster")).status).toBe(200);
  });
});

describe("the list of nodes", () => {
  it.each([0, 1, LIST_CHUNK, LIST_CHUNK + 1, 3 * LIST_CHUNK])(
    "has all of %i, in their order",
    async (count) => {
      const names = Array.from({ length: count }, (_, i) => `n${i}`);
      started.port.override = { nodes: async () => names.map((name) => ({ ...NODE, name })) };
      const { nodes } = (await started.ask("/v1/nodes")).json as {
        readonly nodes: readonly { name: string }[];
      };
      expect(nodes.map(({ name }) => name)).toEqual(names);
    },
  );
});
