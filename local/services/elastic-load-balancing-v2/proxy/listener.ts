import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";
import type { ActionConfig, ListenerConfig } from "./config.ts";
import { Tally } from "./counters.ts";
import { forward } from "./exchange.ts";
import { type HeaderRules, originForm } from "./headers.ts";
import { rawResponse, respond } from "./own-response.ts";
import type { TargetGroup } from "./target-group.ts";
import { tunnel } from "./tunnel.ts";
import { weightedChoice } from "./weighted-choice.ts";

export interface ListenerOptions extends Omit<HeaderRules, "port" | "protocol"> {
  idleTimeout: number;
}

const largestHeader = 64 * 1024;
/** Longer than the target's timeout, so that the client gets a response when the target does not respond. */
const clientGrace = 2000;
const retryPause = 250;

/** A port that clients connect to, and the action for their requests. */
export class Listener {
  readonly arn: string;
  readonly port: number;
  readonly tally = new Tally();
  /** Why the port could not be bound; undefined while it listens. */
  problem: string | undefined = "not started";
  readonly #server: Server | SecureServer;
  #action: ActionConfig | undefined;
  #rules: HeaderRules;
  #idleTimeout: number;
  #retry: NodeJS.Timeout | undefined;
  #choose: () => TargetGroup | undefined = () => undefined;

  constructor({ arn, port, tls }: ListenerConfig, options: ListenerOptions) {
    this.arn = arn;
    this.port = port;
    this.#rules = { ...options, port: String(port), protocol: tls ? "https" : "http" };
    this.#idleTimeout = options.idleTimeout;
    const settings = { maxHeaderSize: largestHeader, requestTimeout: 0, shouldUpgradeCallback: isWebSocket };
    this.#server = tls ? createSecureServer({ ...settings, ...tls }) : createServer(settings);
    this.#server.on("request", (request, response) => this.#onRequest(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, { socket, head }));
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => this.#onMalformed(error, socket));
    this.#server.on("connection", () => {
      this.tally.add("NewConnectionCount");
    });
  }

  get activeConnections(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_error, count) => resolve(count)));
  }

  apply({ action, tls }: ListenerConfig, options: ListenerOptions, groups: ReadonlyMap<string, TargetGroup>): void {
    this.#rules = { ...this.#rules, ...options };
    if (tls && "setSecureContext" in this.#server) this.#server.setSecureContext(tls);
    this.#idleTimeout = options.idleTimeout;
    this.#server.keepAliveTimeout = options.idleTimeout;
    this.#server.timeout = options.idleTimeout + clientGrace;
    if (JSON.stringify(action) === JSON.stringify(this.#action)) return;
    this.#action = action;
    if (action.type !== "forward") return;
    const choose = weightedChoice(action.groups.map(({ arn, weight }) => ({ weight, group: groups.get(arn) })));
    this.#choose = () => choose()?.group;
  }

  /** Resolves after the first attempt to bind the port; a failed attempt is retried until it succeeds. */
  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.once("listening", () => {
        this.problem = undefined;
        resolve();
      });
      this.#server.on("error", (error) => {
        this.problem = error.message;
        resolve();
        this.#retry = setTimeout(() => this.#bind(), retryPause);
      });
      this.#bind();
    });
  }

  /** Accepts no new connections; requests in progress are completed. */
  close(): void {
    clearTimeout(this.#retry);
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  #bind(): void {
    this.#server.listen({ port: this.port, host: "127.0.0.1", backlog: 1024 });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "TRACE") return this.#respond(response, 405);
    if (this.#action?.type === "fixed-response") return this.#respondFixed(response, this.#action);
    if (this.#action?.type === "redirect") return this.#redirect(request, response, this.#action);
    const group = this.#choose();
    if (!group) return this.#respond(response, 503);
    forward({ request, response, group, tally: this.tally, idleTimeout: this.#idleTimeout }, this.#rules);
  }

  #onUpgrade(request: IncomingMessage, client: { socket: Duplex; head: Buffer }): void {
    const group = this.#action?.type === "forward" ? this.#choose() : undefined;
    tunnel({ request, ...client, group, tally: this.tally, idleTimeout: this.#idleTimeout }, this.#rules);
  }

  /** as AWS: 400, also for headers that are too large, and the connection is closed. */
  #onMalformed({ code }: NodeJS.ErrnoException, socket: Duplex): void {
    if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    this.tally.addOwnResponse(400);
    socket.end(rawResponse(400));
  }

  #respond(response: ServerResponse, status: number): void {
    this.tally.addOwnResponse(status);
    respond(response, status);
  }

  #redirect(
    request: IncomingMessage,
    response: ServerResponse,
    { protocol, port, status }: Extract<ActionConfig, { type: "redirect" }>,
  ): void {
    const path = originForm(request.url ?? "/");
    const host = request.headers.host?.replace(/:\d+$/, "");
    if (path === undefined || host === undefined) return this.#respond(response, 400);
    this.tally.add("RequestCount");
    respond(response, status, { location: `${protocol.toLowerCase()}://${host}:${port}${path}` });
  }

  #respondFixed(
    response: ServerResponse,
    { status, contentType, body }: Extract<ActionConfig, { type: "fixed-response" }>,
  ): void {
    this.tally.add("RequestCount");
    this.tally.addOwnResponse(status);
    response.writeHead(status, { server: "awselb/2.0", "content-type": contentType });
    response.end(body);
  }
}

/** as AWS: an upgrade to another protocol is ignored and the request handled as usual. */
const isWebSocket = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket";
