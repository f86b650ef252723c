import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { verifyWithFallback } from "@octokit/webhooks-methods";
import * as z from "zod/mini";
import type { Log } from "../../core/journal.ts";
import { notify } from "../../core/notice.ts";
import type { Table } from "../../core/table.ts";
import { type Delivery, storeDelivery } from "../deliveries.ts";
import {
  type environment,
  pushPayload,
  type PushPayload,
  type UrlRequest,
  urlRequest,
  webhookReceived,
} from "./contract.ts";
import type { WebhookSecrets } from "./secrets.ts";

interface ReceiveDeps {
  readonly table: Table;
  readonly clock: { now(): Date };
  readonly log: Log;
  readonly eventBridge: EventBridgeClient;
  readonly secrets: WebhookSecrets;
  readonly settings: z.infer<typeof environment>;
}

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Anyone can call it: nothing but the signature is looked at before it is verified. The delivery is stored before it is answered. */
export function receiveWebhook(deps: ReceiveDeps) {
  return async (event: unknown): Promise<Answer> => {
    const { requestContext, headers, ...content } = z.parse(urlRequest, event);
    if (requestContext.http.method !== "POST") return answer(405, "Only POST is allowed.");
    const body = bodyOf(content);
    if (!(await isSigned(deps, body, headers["x-hub-signature-256"]))) {
      deps.log.info("Webhook refused", { reason: "signature" });
      return answer(401, "The signature is missing or does not match.");
    }
    const { "x-github-event": name, "x-github-delivery": id } = headers;
    if (id === undefined || !/^[\w-]{1,100}$/.test(id)) return answer(400, "X-GitHub-Delivery is missing.");
    const payload = parseJson(body);
    if (payload === undefined)
      return answer(400, "The body is not JSON. Set the content type of the webhook to application/json.");
    if (name === "ping") return answer(200, "pong");
    if (name !== "push") return answer(200, "Events other than push are ignored.");
    const push = z.safeParse(pushPayload, payload);
    if (!push.success) return answer(400, "The payload is not that of a push.");
    return receivePush(deps, id, push.data);
  };
}

/** Exactly the bytes that were signed. GitHub sends UTF-8; of anything else the signature does not match. */
function bodyOf({ body = "", isBase64Encoded }: Pick<UrlRequest, "body" | "isBase64Encoded">): string {
  return isBase64Encoded ? Buffer.from(body, "base64").toString("utf8") : body;
}

async function isSigned({ secrets }: ReceiveDeps, body: string, signature: string | undefined): Promise<boolean> {
  if (body === "" || signature === undefined || !/^sha256=[0-9a-f]{64}$/.test(signature)) return false;
  const matches = async ([current, ...others]: readonly string[]) =>
    current !== undefined && (await verifyWithFallback(current, body, signature, others));
  // The secret may have been rotated since it was read.
  return (await matches(await secrets.read())) || (await matches(await secrets.readAgain()));
}

async function receivePush(deps: ReceiveDeps, id: string, push: PushPayload): Promise<Answer> {
  const { table, clock, eventBridge, log, settings } = deps;
  const reason = whyIgnored(push, settings);
  const received: Delivery = {
    status: reason === undefined ? "received" : "ignored",
    reference: push.ref,
    commit: push.after,
    isForced: push.forced,
    receivedAt: clock.now().toISOString(),
    ...(reason !== undefined && { reason }),
  };
  const delivery = await storeDelivery(table, id, received);
  log.info("Webhook received", { delivery: id, reference: push.ref, status: delivery.status });
  if (delivery.status !== "received") return answer(200, delivery.reason ?? "The delivery was handled before.");
  // Published again for a redelivery of one that was not handled.
  await notify(eventBridge, webhookReceived, { table: settings.TABLE_NAME, delivery: id });
  return answer(200, "The delivery is stored.");
}

function whyIgnored({ ref, deleted, repository }: PushPayload, { REPOSITORY_NAME, BRANCH }: ReceiveDeps["settings"]) {
  // GitHub's names are case-insensitive.
  if (repository.full_name.toLowerCase() !== REPOSITORY_NAME.toLowerCase())
    return `This stage deploys repository ${REPOSITORY_NAME}.`;
  if (ref.startsWith("refs/tags/")) return "Tags are not deployed.";
  if (ref !== `refs/heads/${BRANCH}`) return `This stage deploys branch ${BRANCH}.`;
  return deleted ? "The branch was deleted." : undefined;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const answer = (statusCode: number, message: string): Answer => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ message }),
});
