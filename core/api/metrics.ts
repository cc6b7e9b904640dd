/**
 * Prometheus' view of the controller: its figures, the lag of its event loop and how long requests take. Labels come
 * from the table of routes, never from what a client sent, so that there are few. One registry for each API.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { StatsView } from "../model/views.ts";

export interface Metrics {
  readonly contentType: string;
  /** `route` is a route's template, `method` one that fastify routes. */
  observe(method: string, route: string, status: number, durationMs: number): void;
  text(stats: StatsView, streamClients: number): Promise<string>;
  close(): void;
}

const LAG_RESOLUTION_MS = 10;
const NS_PER_S = 1e9;
const DURATION_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

export const createMetrics = (version: string): Metrics => {
  const registry = new Registry();
  const figures = FIGURES.map((figure) => ({ ...figure, metric: metricOf(figure, registry) }));
  const streams = gauge(registry, "rota_event_stream_clients", "Open event streams.");
  const memory = gauge(registry, "process_resident_memory_bytes", "Resident memory of the controller.");
  const info = gauge(registry, "rota_build_info", "1, with the version as label.", ["version"]);
  const lag = gauge(
    registry,
    "rota_event_loop_lag_seconds",
    "How late the event loop's timers were since the last scrape.",
    ["quantile"],
  );
  const durations = new Histogram({
    name: "rota_http_request_duration_seconds",
    help: "From a request's arrival to the end of its answer.",
    labelNames: ["method", "route", "status"],
    buckets: DURATION_BUCKETS_S,
    registers: [registry],
  });
  const children = new Map<string, Histogram.Internal<string>>();
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  info.set({ version }, 1);
  return {
    contentType: registry.contentType,
    observe: (method, route, status, durationMs) => {
      const key = `${method} ${route} ${status}`;
      let child = children.get(key);
      if (child === undefined) {
        child = durations.labels({ method, route, status: String(status) });
        children.set(key, child);
      }
      child.observe(durationMs / 1000);
    },
    text: async (stats, streamClients) => {
      for (const { metric, value } of figures) {
        metric.reset();
        metric.inc(value(stats));
      }
      streams.set(streamClients);
      memory.set(process.memoryUsage.rss());
      for (const [quantile, ns] of [
        ["0.5", delay.percentile(50)],
        ["0.99", delay.percentile(99)],
        ["0.999", delay.percentile(99.9)],
        ["1", delay.max],
      ] as const)
        lag.set({ quantile }, Math.max(0, ns / NS_PER_S - LAG_RESOLUTION_MS / 1000));
      delay.reset();
      return registry.metrics();
    },
    close: () => {
      delay.disable();
      registry.clear();
    },
  };
};

interface Figure {
  readonly kind: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly value: (stats: StatsView) => number;
}

const US_PER_S = 1e6;
const FIGURES: readonly Figure[] = [
  {
    kind: "gauge",
    name: "rota_start_time_seconds",
    help: "When the controller started.",
    value: (s) => s.sinceS,
  },
  {
    kind: "counter",
    name: "rota_jobs_submitted_total",
    help: "Jobs submitted.",
    value: (s) => s.jobsSubmitted,
  },
  { kind: "counter", name: "rota_jobs_started_total", help: "Jobs started.", value: (s) => s.jobsStarted },
  {
    kind: "counter",
    name: "rota_jobs_completed_total",
    help: "Jobs completed.",
    value: (s) => s.jobsCompleted,
  },
  {
    kind: "counter",
    name: "rota_jobs_cancelled_total",
    help: "Jobs cancelled.",
    value: (s) => s.jobsCancelled,
  },
  { kind: "counter", name: "rota_jobs_failed_total", help: "Jobs failed.", value: (s) => s.jobsFailed },
  { kind: "gauge", name: "rota_jobs_pending", help: "Jobs that wait.", value: (s) => s.jobsPending },
  { kind: "gauge", name: "rota_jobs_running", help: "Jobs that run.", value: (s) => s.jobsRunning },
  { kind: "counter", name: "rota_passes_total", help: "Scheduling passes.", value: (s) => s.passes },
  {
    kind: "gauge",
    name: "rota_pass_last_seconds",
    help: "Last pass.",
    value: (s) => s.passLastUs / US_PER_S,
  },
  {
    kind: "gauge",
    name: "rota_pass_max_seconds",
    help: "Longest pass.",
    value: (s) => s.passMaxUs / US_PER_S,
  },
  {
    kind: "gauge",
    name: "rota_pass_mean_seconds",
    help: "Mean of passes.",
    value: (s) => s.passMeanUs / US_PER_S,
  },
  {
    kind: "counter",
    name: "rota_commit_conflicts_total",
    help: "Starts found stale at commit.",
    value: (s) => s.conflicts,
  },
  {
    kind: "counter",
    name: "rota_policy_strikes_total",
    help: "Strikes of policy modules.",
    value: (s) => s.strikes,
  },
  { kind: "gauge", name: "rota_journal_seq", help: "Last event of the journal.", value: (s) => s.journalSeq },
  { kind: "counter", name: "rota_journal_commits_total", help: "Group commits.", value: (s) => s.commits },
  {
    kind: "gauge",
    name: "rota_agents_connected",
    help: "Connected agents.",
    value: (s) => s.agentsConnected,
  },
];

const metricOf = ({ kind, name, help }: Figure, registry: Registry): Counter | Gauge =>
  kind === "counter" ? new Counter({ name, help, registers: [registry] }) : gauge(registry, name, help);

const gauge = (registry: Registry, name: string, help: string, labelNames: string[] = []): Gauge =>
  new Gauge({ name, help, labelNames, registers: [registry] });
