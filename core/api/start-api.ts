/**
 * Starts and stops the REST API. It holds no state of the cluster: every answer comes from the port. Nothing is
 * logged for a request that the client got wrong; /metrics counts them.
 */
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { createAccess } from "./access.ts";
import { addAccountRoutes } from "./account-routes.ts";
import { addAllocationRoutes } from "./allocation-routes.ts";
import { createApp } from "./app.ts";
import { addClusterRoutes } from "./cluster-routes.ts";
import { addEventRoute } from "./event-route.ts";
import { createEventStreams } from "./event-streams.ts";
import type { ApiLogger } from "./faults.ts";
import { addJobRoutes } from "./job-routes.ts";
import { API_LIMITS, type ApiLimits } from "./limits.ts";
import { createMetrics } from "./metrics.ts";
import { addOwnRoutes } from "./own-routes.ts";
import { addPolicyRoutes } from "./policy-routes.ts";
import type { ControllerPort } from "./port.ts";
import { addReservationRoutes } from "./reservation-routes.ts";
import { addShadowRoutes } from "./shadow-routes.ts";
import { addSnapshotRoute } from "./snapshot-route.ts";
import { addStepRoutes } from "./step-routes.ts";
import { addSubmitRoutes } from "./submit-routes.ts";
import { addUpgrades, type OnUpgrade } from "./upgrades.ts";
import { addWorkbenchRoutes } from "./workbench-routes.ts";

export interface ApiOptions {
  readonly port: ControllerPort;
  /** Address to listen on; `127.0.0.1` keeps it to this machine. */
  readonly host: string;
  /** TCP port, 0 for a free one. */
  readonly portNumber: number;
  /** Not empty. */
  readonly token: string;
  /** Of Rota, for the OpenAPI document and /healthz. */
  readonly version: string;
  readonly logger?: ApiLogger;
  /** Takes an agent's channel, whose request carried the token. */
  readonly onUpgrade?: OnUpgrade;
  readonly limits?: Partial<ApiLimits>;
}

export interface RunningApi {
  /** `http://127.0.0.1:6820`. */
  readonly url: string;
  /** Answers what is under way, ends streams and agents' sockets, and stops to listen. Safe to call again. */
  close(): Promise<void>;
  /** A request without a socket. */
  readonly inject: FastifyInstance["inject"];
}

const CLOSE_SWEEP_MS = 20;

/** Rejects where the address cannot be listened on. */
export const startApi = async (options: ApiOptions): Promise<RunningApi> => {
  const { port, version } = options;
  const limits = { ...API_LIMITS, ...options.limits };
  const access = createAccess(options.token);
  const metrics = createMetrics(version);
  const streams = createEventStreams(port, limits);
  let beginClosing = (): void => {};
  const closing = new Promise<void>((resolve) => {
    beginClosing = resolve;
  });
  const app = await createApp({ version, access, metrics, logger: options.logger });
  const destroySockets = addUpgrades(app.server, access, options.onUpgrade);
  addSubmitRoutes(app, port, access);
  addJobRoutes(app, { port, access, limits, closing });
  addClusterRoutes(app, port, access);
  addAccountRoutes(app, port);
  addReservationRoutes(app, port, access);
  addPolicyRoutes(app, port, access);
  addWorkbenchRoutes(app, port, access);
  addShadowRoutes(app, port, access);
  addStepRoutes(app, port, access);
  addAllocationRoutes(app, port, access);
  addSnapshotRoute(app, port);
  addEventRoute(app, port, streams);
  addOwnRoutes(app, { port, version, metrics, streams });

  const close = async (): Promise<void> => {
    beginClosing();
    streams.close();
    destroySockets();
    const deadline = performance.now() + limits.closeGraceMs;
    // A connection that is kept alive goes idle only after its last answer, so once is not enough.
    const sweep = setInterval(() => {
      if (performance.now() < deadline) app.server.closeIdleConnections();
      else app.server.closeAllConnections();
    }, CLOSE_SWEEP_MS);
    try {
      await app.close();
    } finally {
      clearInterval(sweep);
      metrics.close();
    }
  };
  let closed: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => {
    closed ??= close();
    return closed;
  };
  try {
    await app.listen({ host: options.host, port: options.portNumber });
  } catch (error) {
    await closeOnce();
    throw error;
  }
  return {
    url: urlOf(app.server.address() as AddressInfo),
    close: closeOnce,
    inject: app.inject.bind(app) as FastifyInstance["inject"],
  };
};

const urlOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
