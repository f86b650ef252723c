import { request as connect, ServerResponse, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Socket } from "node:net";
import type { Tally } from "./counters.ts";
import { forwardedHeaders, originForm, Refused, type HeaderRules } from "./headers.ts";
import { respond } from "./own-response.ts";
import type { InFlight, Target } from "./target.ts";
import type { TargetGroup } from "./target-group.ts";
import { closeGoingAway, FrameBoundary } from "./websocket-frames.ts";

export interface UpgradeRoute {
  request: IncomingMessage;
  socket: Duplex;
  /** Bytes that the client sent after its request. */
  head: Buffer;
  group: TargetGroup | undefined;
  tally: Tally;
  idleTimeout: number;
}

/** Time for the client to answer a close frame. */
const closeGrace = 1000;

/** Forwards an upgrade request and, when the target accepts it, all bytes in both directions. */
export function tunnel(route: UpgradeRoute, rules: HeaderRules): void {
  const { request, socket, group, tally } = route;
  socket.on("error", () => socket.destroy());
  const path = originForm(request.url ?? "/");
  const forwarded = path === undefined ? new Refused(400) : forwardedHeaders(request, rules);
  const target = group?.choose();
  if (forwarded instanceof Refused || !target || !group) {
    const status = forwarded instanceof Refused ? forwarded.status : 503;
    tally.addOwnResponse(status);
    return respond(responseOn(route), status);
  }
  tally.add("RequestCount");
  group.tally.add("RequestCount");
  const outgoing = connect({
    host: target.host,
    port: target.port,
    method: request.method,
    path,
    headers: [...forwarded.headers, "Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? ""],
    agent: false,
    timeout: route.idleTimeout,
  });
  const startedAt = performance.now();
  const abort = () => void outgoing.destroy();
  const waiting: InFlight = { cut: abort };
  const settle = () => void target.inFlight.delete(waiting);
  target.inFlight.add(waiting);
  socket.once("close", abort);
  outgoing.once("timeout", () => outgoing.destroy(Object.assign(new Error("No response"), { code: "ETIMEDOUT" })));
  outgoing.once("error", (error: NodeJS.ErrnoException) => {
    settle();
    fail(route, error);
  });
  const onResponse = (status: number) => {
    settle();
    socket.off("close", abort);
    group.tally.addTargetResponse(status, (performance.now() - startedAt) / 1000);
  };
  outgoing.once("response", (answer) => {
    onResponse(answer.statusCode ?? 0);
    refuse(route, answer);
  });
  outgoing.once("upgrade", (answer, upstream, upstreamHead) => {
    onResponse(101);
    const ends = { client: socket, upstream, idleTimeout: route.idleTimeout };
    open(ends, target, answer);
    if (route.head.length > 0) upstream.write(route.head);
    if (upstreamHead.length > 0) upstream.unshift(upstreamHead);
  });
  outgoing.end();
}

function fail(route: UpgradeRoute, error: NodeJS.ErrnoException): void {
  const status = error.code === "ETIMEDOUT" ? 504 : 502;
  if (error.code === "ECONNREFUSED" && route.group) route.group.tally.add("TargetConnectionErrorCount");
  if (route.socket.destroyed) return;
  route.tally.addOwnResponse(status);
  respond(responseOn(route), status);
}

/** The target responds without an upgrade. */
function refuse(route: UpgradeRoute, answer: IncomingMessage): void {
  const response = responseOn(route);
  const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);
  const headers = Object.entries(answer.headersDistinct).filter(([name]) => !hopByHop.has(name));
  response.writeHead(
    answer.statusCode ?? 502,
    headers.flatMap(([name, values = []]) => [name, values]),
  );
  answer.once("error", () => response.destroy());
  answer.pipe(response);
}

/** A response on an upgraded connection, which ends with it. */
function responseOn({ request, socket }: UpgradeRoute): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  if (socket instanceof Socket) response.assignSocket(socket);
  response.once("finish", () => socket.end());
  return response;
}

interface Ends {
  client: Duplex;
  upstream: Duplex;
  idleTimeout: number;
}

function open({ client, upstream, idleTimeout }: Ends, target: Target, answer: IncomingMessage): void {
  const boundary = new FrameBoundary();
  const isWebSocket = answer.headers.upgrade?.toLowerCase() === "websocket";
  let isClosing = false;
  const end = () => {
    target.inFlight.delete(inFlight);
    client.destroy();
    upstream.destroy();
  };
  const sendClose = () => {
    client.write(closeGoingAway);
    setTimeout(end, closeGrace).unref();
  };
  const inFlight: InFlight = {
    cut() {
      if (!isWebSocket) return end();
      isClosing = true;
      if (boundary.isBetweenFrames) sendClose();
      else setTimeout(end, closeGrace).unref();
    },
  };
  target.inFlight.add(inFlight);
  client.write(headOf(answer));
  for (const each of [client, upstream]) {
    each.on("error", end).once("close", end);
    if (each instanceof Socket) each.setTimeout(idleTimeout, end);
  }
  client.on("data", (chunk: Buffer) => relay(chunk, client, upstream));
  upstream.on("data", (chunk: Buffer) => {
    if (isClosing && boundary.isBetweenFrames) return;
    boundary.follow(chunk);
    relay(chunk, upstream, client);
    if (isClosing && boundary.isBetweenFrames) sendClose();
  });
  client.once("end", () => upstream.end());
  upstream.once("end", () => client.end());
}

function relay(chunk: Buffer, from: Duplex, to: Duplex): void {
  if (to.write(chunk)) return;
  from.pause();
  to.once("drain", () => from.resume());
}

function headOf({ statusMessage = "", rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ""}\r\n`] : [],
  );
  return `HTTP/1.1 101 ${statusMessage}\r\n${lines.join("")}\r\n`;
}
