import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Watches a server from its start, so that it can be stopped without dropping a request: no new connection, every
 * request under way answered with `Connection: close`, idle connections closed at once. `stop` says whether all were
 * answered within the limit.
 */
export function drainable(server: Server): { stop(limitMillis: number): Promise<boolean> } {
  const open = new Set<ServerResponse>();
  // Node counts a connection that has not sent a byte yet as busy, and would wait for it until headersTimeout.
  const unused = new Set<Socket>();
  let stopping = false;

  const closeIdle = (): void => {
    server.closeIdleConnections();
    for (const socket of unused) socket.destroy();
  };
  server.on("connection", (socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.prependListener("request", (request, response) => {
    unused.delete(request.socket);
    open.add(response);
    if (stopping) response.setHeader("Connection", "close");
    response.once("close", () => {
      open.delete(response);
      // A response whose headers had left before the stop leaves its connection open; it is idle a turn later.
      if (stopping) setImmediate(closeIdle);
    });
  });

  return {
    async stop(limitMillis) {
      stopping = true;
      const closed = once(server, "close").then(() => true);
      server.close();
      for (const response of open) if (!response.headersSent) response.setHeader("Connection", "close");
      closeIdle();
      const { promise: limit, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(false), limitMillis);
      const clean = await Promise.race([closed, limit]);
      clearTimeout(timer);
      server.closeAllConnections();
      return clean;
    },
  };
}
