import * as z from "zod/mini";

export const environment = z.object({
  TABLE_NAME: z.string(),
  WEBHOOK_SECRET_ARN: z.string(),
  REPOSITORY_NAME: z.string(),
  BRANCH: z.string(),
});

/** A delivery was stored: a hint that the head of the branch has changed. */
export const webhookReceived = "Lockstep Webhook Received";

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
export const urlRequest = z.object({
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  headers: z.record(z.string(), z.string()),
  body: z.optional(z.string()),
  isBase64Encoded: z.boolean(),
});
export type UrlRequest = z.infer<typeof urlRequest>;

const sha = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, "a full commit id"));

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
export const pushPayload = z.object({
  ref: z.string(),
  before: sha,
  after: sha,
  deleted: z.boolean(),
  forced: z.boolean(),
  repository: z.object({ full_name: z.string() }),
});
export type PushPayload = z.infer<typeof pushPayload>;
