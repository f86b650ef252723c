import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { AwsUnavailable } from "./errors.ts";

/** What people may want to be told by e-mail or chat: rules of their own on the default bus pick it up. */
type NoticeType = "Lockstep Approval Requested" | "Lockstep Rolled Back" | "Lockstep Stage Frozen";

export async function tell(eventBridge: EventBridgeClient, DetailType: NoticeType, detail: object): Promise<void> {
  const entry = { Source: "lockstep", DetailType, Detail: JSON.stringify(detail) };
  const { Entries = [] } = await eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  // PutEvents succeeds although an entry has failed.
  const failed = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
  if (!failed) return;
  throw new AwsUnavailable(`${DetailType} could not be told: ${failed.ErrorCode}: ${failed.ErrorMessage}`);
}
