import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { originForm, Refused, forwardedHeaders, returnedHeaders, type Forwarded, type HeaderRules } from "./headers.ts";
import { respond } from "./own-response.ts";
import type { Tally } from "./counters.ts";
import type { InFlight, Target } from "./target.ts";
import type { TargetGroup } from "./target-group.ts";
import { Upload } from "./upload.ts";

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

export interface Route {
  request: IncomingMessage;
  response: ServerResponse;
  group: TargetGroup;
  /** Counters of the listener. */
  tally: Tally;
  /** Milliseconds without a byte of the request's body after which the client gets 408. */
  idleTimeout: number;
}

/** Forwards a request to a target of the group and the response to the client. */
export function forward(route: Route, rules: HeaderRules): void {
  const { request, response, group, tally } = route;
  const path = originForm(request.url ?? "/");
  const forwarded = path === undefined ? new Refused(400) : forwardedHeaders(request, rules);
  if (forwarded instanceof Refused || path === undefined) {
    const { status } = forwarded instanceof Refused ? forwarded : new Refused(400);
    tally.addOwnResponse(status);
    respond(response, status);
    return;
  }
  const target = group.choose();
  if (!target) {
    tally.addOwnResponse(503);
    respond(response, 503);
    return;
  }
  tally.add("RequestCount");
  group.tally.add("RequestCount");
  new Exchange(route, { ...forwarded, path }).send(target);
}

// Retried only before a response has begun, and on a separate connection.
const retryable = new Set(["GET", "HEAD", "OPTIONS"]);
const timeouts = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT"]);

/** One request and its response, with backpressure and aborts in both directions. */
class Exchange implements InFlight {
  readonly #route: Route;
  readonly #forwarded: Forwarded & { path: string };
  #target: Target | undefined;
  #upload: Upload | undefined;
  #controller: Controller | undefined;
  #sentAt = 0;
  #isRetried = false;
  #isDone = false;

  constructor(route: Route, forwarded: Forwarded & { path: string }) {
    this.#route = route;
    this.#forwarded = forwarded;
    route.response.on("close", this.#onClientDisconnect);
  }

  send(target: Target, dispatcher: Dispatcher = target.pool): void {
    const { path, headers, hasBody } = this.#forwarded;
    const { request } = this.#route;
    this.#target = target;
    target.inFlight.add(this);
    if (hasBody)
      this.#upload = new Upload(request, { idleTimeout: this.#route.idleTimeout, onIdle: this.#onIdleClient });
    const method = request.method ?? "GET";
    dispatcher.dispatch({ path, method, headers, body: this.#upload ?? null, idempotent: false }, this);
  }

  /** Aborts the request at the end of the target's deregistration delay. */
  cut(): void {
    this.#finish();
    this.#controller?.abort(new Error("The target's deregistration delay expired"));
    this.#route.response.destroy();
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#sentAt = performance.now();
    if (this.#isDone) controller.abort(new Error("The client disconnected"));
  }

  // oxlint-disable-next-line max-params -- undici's signature
  onResponseStart(controller: Controller, status: number, headers: Headers, statusText?: string): void {
    const { response, group } = this.#route;
    if (status < 200) return this.#inform(status, headers);
    const returned = returnedHeaders(headers);
    if (!returned) {
      this.#fail(new Error("The target's response is malformed"));
      return controller.abort(new Error("The target's response is malformed"));
    }
    try {
      response.writeHead(status, reasonPhrase(status, statusText), returned);
    } catch (error) {
      // Node.js refuses to write what it has read: undici would not report an error that is thrown here.
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return controller.abort(new Error("The target's response is malformed"));
    }
    group.tally.addTargetResponse(status, (performance.now() - this.#sentAt) / 1000);
    // Send the headers before the first chunk, as server-sent events need. (flushHeaders would write UTF-8.)
    if (headers["content-length"] === undefined) response.write("", "latin1");
    if (response.writableNeedDrain) this.#pause(controller);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#route.response.write(chunk)) this.#pause(controller);
  }

  onResponseEnd(): void {
    this.#finish();
    this.#route.response.end();
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    if (this.#isDone) return;
    const { response } = this.#route;
    if (response.headersSent) {
      this.#finish();
      response.destroy();
    } else if (!this.#retry()) this.#fail(error);
  }

  #inform(status: number, headers: Headers): void {
    const { response, request } = this.#route;
    if (request.httpVersionMinor === 0) return;
    if (status === 102) response.writeProcessing();
    if (status === 103 && headers.link !== undefined) response.writeEarlyHints({ link: headers.link });
  }

  #pause(controller: Controller): void {
    controller.pause();
    this.#route.response.once("drain", () => controller.resume());
  }

  #retry(): boolean {
    const { group, request } = this.#route;
    const wasSent = this.#controller !== undefined;
    const failedTarget = this.#target;
    if (!wasSent) group.tally.add("TargetConnectionErrorCount");
    if (this.#isRetried || !failedTarget || (this.#upload?.isStarted ?? false)) return false;
    if (wasSent && !retryable.has(request.method ?? "")) return false;
    this.#isRetried = true;
    failedTarget.inFlight.delete(this);
    // Another target if there is one: this one may just have stopped.
    const target = group.choose(failedTarget) ?? failedTarget;
    const fresh = target.freshConnection();
    this.#controller = undefined;
    this.send(target, fresh);
    void fresh.close();
    return true;
  }

  #fail(error: Error & { code?: unknown }): void {
    const { response, tally } = this.#route;
    this.#finish();
    const status = statusOf(error);
    tally.addOwnResponse(status);
    if (!response.destroyed) respond(response, status);
  }

  #finish(): void {
    this.#isDone = true;
    this.#target?.inFlight.delete(this);
    this.#route.response.off("close", this.#onClientDisconnect);
  }

  /** as AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (408) */
  #onIdleClient = (): void => {
    if (this.#isDone) return;
    const { response, tally } = this.#route;
    this.#finish();
    this.#controller?.abort(new Error("The client sent no data within the idle timeout"));
    if (response.headersSent) return void response.destroy();
    tally.addOwnResponse(408);
    response.shouldKeepAlive = false;
    respond(response, 408);
  };

  #onClientDisconnect = (): void => {
    if (this.#isDone) return;
    this.#finish();
    this.#upload?.destroy();
    this.#controller?.abort(new Error("The client disconnected"));
  };
}

/** Node.js cannot write a phrase in another encoding than the one it was read in. */
function reasonPhrase(status: number, phrase = ""): string {
  return /^[\t\x20-\x7e]*$/.test(phrase) ? phrase : (STATUS_CODES[status] ?? "");
}

function statusOf({ code }: { code?: unknown }): number {
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") return 400;
  return typeof code === "string" && timeouts.has(code) ? 504 : 502;
}
