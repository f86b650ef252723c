import * as z from "zod/mini";
import { branchSettings } from "../../source/contract.ts";
import { webhookReceived } from "../receive-webhook/contract.ts";

export const environment = z.object({
  ...branchSettings.shape,
  TABLE_NAME: z.string(),
  DEPLOY_MACHINE_ARN: z.string(),
});

const gitReference = {
  repositoryName: z.string(),
  referenceType: z.enum(["branch", "tag"]),
  referenceName: z.string(),
};
const commit = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, "a full commit id"));

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
export const pushEvent = z.object({
  id: z.string(),
  time: z.string(),
  detail: z.discriminatedUnion("event", [
    z.object({ event: z.literal("referenceCreated"), commitId: commit, ...gitReference }),
    z.object({
      event: z.literal("referenceUpdated"),
      commitId: commit,
      oldCommitId: z.optional(commit),
      ...gitReference,
    }),
    z.object({ event: z.literal("referenceDeleted"), ...gitReference }),
    z.object({ event: z.literal("unreferencedMergeCommitCreated"), repositoryName: z.string() }),
  ]),
});
export type PushEvent = z.infer<typeof pushEvent>;

export const deliveryEvent = z.object({
  "detail-type": z.literal(webhookReceived),
  detail: z.object({ delivery: z.string() }),
});
