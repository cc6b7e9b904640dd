/** The pages of a controller's history, put together: each job once, as it last ran, however often it ran before. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { HistoryView } from "../../../core/model/views.ts";
import { fetchRecords } from "../../../core/simulate/whatif/fetch-state.ts";

const PAGE = 10_000;
type Ended = Pick<HistoryView, "jobId" | "endS">;

let close: (() => void) | undefined;
afterEach(() => close?.());

/** Serves the records, newest first, as the history's route does; gives its address. */
async function serve(records: readonly Ended[]): Promise<string> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://host");
    const untilS = Number(searchParams.get("untilS") ?? Number.POSITIVE_INFINITY);
    const history = records.filter(({ endS }) => endS < untilS).slice(0, Number(searchParams.get("limit")));
    response.setHeader("content-type", "application/json").end(JSON.stringify({ history }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  close = () => server.close();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("goes on past a page of jobs that ran again later", async () => {
  const again = Array.from({ length: 3 * PAGE }, (_, i) => ({ jobId: 1 + (i % PAGE), endS: 9_000_000 - i }));
  const url = await serve([...again, { jobId: PAGE + 1, endS: 5 }]);
  const fetched = await fetchRecords({ url, token: "t" });
  if (!fetched.ok) throw new Error(fetched.refusal.message);
  expect(fetched.value).toHaveLength(PAGE + 1);
  expect(fetched.value[0]?.endS).toBe(9_000_000);
  expect(fetched.value.at(-1)?.jobId).toBe(PAGE + 1);
});

it("ends where one second fills a page", async () => {
  const url = await serve(Array.from({ length: PAGE + 5 }, (_, i) => ({ jobId: 1 + i, endS: 7 })));
  const fetched = await fetchRecords({ url, token: "t" });
  expect(fetched.ok && fetched.value.length).toBe(PAGE);
});
