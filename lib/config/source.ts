import * as z from "zod";
import { connectionArn, name } from "./values.ts";

export const source = z
  .strictObject({
    codecommit: z
      .strictObject({
        repository: name.optional().describe("CodeCommit repository; defaults to the name of the app."),
      })
      .optional(),
    github: z
      .strictObject({
        repository: z
          .string()
          .regex(/^[A-Za-z0-9][\w.-]*\/[\w.-]+$/, 'a GitHub repository such as "acme/shop"')
          .describe("GitHub repository, `<owner>/<name>`."),
        connectionArn: connectionArn.describe(
          "CodeConnections connection with which CodeBuild reads the repository. A stage in another account or Region has its own.",
        ),
        webhookConcurrency: z
          .union([z.number().int().min(1).max(100), z.literal("unreserved")], '1 to 100, or "unreserved"')
          .default(5)
          .describe(
            'Concurrent executions reserved for the webhook, whose URL is public. "unreserved" for accounts with a concurrency quota below 110.',
          ),
      })
      .optional(),
  })
  .refine(
    ({ codecommit, github }) => (codecommit === undefined) !== (github === undefined),
    "either codecommit or github",
  )
  .prefault({ codecommit: {} });
