/** The text that Prometheus reads. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STATS } from "./cluster-values.ts";
import { type StartedApi, startedApi } from "./started-api.ts";

let started: StartedApi;
beforeAll(async () => {
  started = await startedApi();
});
afterAll(() => started.api.close());

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

/** Reads the exposition format, strictly: every line is a comment of the two known kinds or a sample. */
const scrape = async (): Promise<Sample[]> => {
  const { text, status } = await started.ask("/metrics");
  expect(status).toBe(200);
  const samples: Sample[] = [];
  const typed = new Set<string>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ")) continue;
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      expect(typed.has(type[1]!)).toBe(false);
      typed.add(type[1]!);
      continue;
    }
    const sample = /^([a-z_]+)(?:\{(([a-z_]+="[^"\\]*",?)+)\})? (\S+)$/.exec(line);
    expect(sample, line).not.toBeNull();
    const [, name, labels, , value] = sample!;
    expect(typed.has(name!) || typed.has(name!.replace(/_(bucket|sum|count)$/, "")), line).toBe(true);
    expect(Number.isFinite(Number(value)), line).toBe(true);
    samples.push({ name: name!, labels: labels ?? "", value: Number(value) });
  }
  return samples;
};

const sampleOf = (samples: readonly Sample[], name: string, labels = ""): number | undefined =>
  samples.find((sample) => sample.name === name && sample.labels === labels)?.value;

describe("the metrics", () => {
  it("are the controller's figures, in base units, at each scrape anew", async () => {
    const first = await scrape();
    expect(sampleOf(first, "rota_jobs_submitted_total")).toBe(STATS.jobsSubmitted);
    expect(sampleOf(first, "rota_jobs_pending")).toBe(STATS.jobsPending);
    expect(sampleOf(first, "rota_pass_last_seconds")).toBe(0.0009);
    expect(sampleOf(first, "rota_agents_connected")).toBe(STATS.agentsConnected);
    expect(sampleOf(first, "rota_build_info", 'version="0.1.0"')).toBe(1);
    started.port.override = { stats: async () => ({ ...STATS, jobsSubmitted: 20, jobsPending: 0 }) };
    const second = await scrape();
    expect(sampleOf(second, "rota_jobs_submitted_total")).toBe(20);
    expect(sampleOf(second, "rota_jobs_pending")).toBe(0);
  });

  it("have the event loop's lag, never below 0", async () => {
    const lags = (await scrape()).filter((sample) => sample.name === "rota_event_loop_lag_seconds");
    expect(lags.map((sample) => sample.labels)).toEqual([
      'quantile="0.5"',
      'quantile="0.99"',
      'quantile="0.999"',
      'quantile="1"',
    ]);
    for (const lag of lags) expect(lag.value).toBeGreaterThanOrEqual(0);
  });

  it("count requests by the route's template, so that clients cannot make labels", async () => {
    for (let i = 1; i <= 30; i++) await started.ask(`/v1/jobs/${i}`);
    for (let i = 1; i <= 30; i++) await started.ask(`/made/up/${i}?x=${i}`);
    const samples = await scrape();
    const count = "rota_http_request_duration_seconds_count";
    expect(sampleOf(samples, count, 'method="GET",route="/v1/jobs/:ref",status="404"')).toBe(29);
    expect(sampleOf(samples, count, 'method="GET",route="/v1/jobs/:ref",status="200"')).toBe(1);
    expect(sampleOf(samples, count, 'method="GET",route="unmatched",status="404"')).toBe(30);
    expect(samples.filter((sample) => sample.name === count).length).toBeLessThan(10);
  });

  it("of two APIs in one process are apart", async () => {
    const other = await startedApi();
    try {
      await other.ask("/v1/cluster");
      expect((await other.ask("/metrics")).text).toContain('route="/v1/cluster"');
      expect((await started.ask("/metrics")).text).not.toContain('route="/v1/cluster"');
    } finally {
      await other.api.close();
    }
  });
});
