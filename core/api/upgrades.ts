/**
 * Requests to change the protocol: an agent's channel, with the token, is handed to whoever speaks it; all others are
 * refused in HTTP and closed.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { AGENT_PATH } from "../../agents/protocol/frames.ts";
import type { Refusal } from "../model/refusal.ts";
import type { Access } from "./access.ts";
import { statusOf } from "./faults.ts";

export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Returns the way to destroy the sockets that were handed over and are still open. */
export const addUpgrades = (
  server: Server,
  access: Access,
  onUpgrade: OnUpgrade | undefined,
): (() => void) => {
  const sockets = new Set<Duplex>();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener, a reset by the other side would end the process.
    socket.on("error", () => {});
    const path = (request.url ?? "").split("?", 1)[0];
    const refusal = access.refuse(request);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal);
    if (path !== AGENT_PATH || onUpgrade === undefined)
      return refuseUpgrade(socket, { code: "NOT_FOUND", message: `Only ${AGENT_PATH} can be upgraded.` });
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    onUpgrade(request, socket, head);
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
};

/** Answers in the form that every other failure has, on a socket that has no response object. */
export const refuseUpgrade = (socket: Duplex, refusal: Refusal): void => {
  const body = JSON.stringify({ code: refusal.code, message: refusal.message });
  socket.end(
    `HTTP/1.1 ${statusOf(refusal.code)} ${refusal.code}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
};
