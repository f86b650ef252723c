import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { AwsUnavailable } from "./errors.ts";

/** Notices for people: rules on the default event bus can forward them to e-mail or chat. */
type NoticeType =
  | "Lockstep Approval Requested"
  | "Lockstep Deployment Held"
  | "Lockstep Rolled Back"
  | "Lockstep Rollback Readiness Changed"
  | "Lockstep Stage Frozen"
  /** For the pipeline itself. */
  | "Lockstep Webhook Received"
  | "Lockstep Deployment Changed"
  | "Lockstep Push Skipped";

export async function notify(eventBridge: EventBridgeClient, DetailType: NoticeType, detail: object): Promise<void> {
  const entry = { Source: "lockstep", DetailType, Detail: JSON.stringify(detail) };
  const { Entries = [] } = await eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  // PutEvents succeeds even if an entry fails.
  const failed = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
  if (!failed) return;
  throw new AwsUnavailable(`Event ${DetailType} was not published: ${failed.ErrorCode}: ${failed.ErrorMessage}`);
}
