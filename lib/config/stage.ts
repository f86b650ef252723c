import * as z from "zod";
import { alarms } from "./alarms.ts";
import { checkTaskSize, checkWaits } from "./checks.ts";
import { database } from "./database.ts";
import { traffic } from "./traffic.ts";
import { connectionArn, minutes } from "./values.ts";
import { variables } from "./variables.ts";

export const stageFields = z.strictObject({
  branch: z.string().min(1).describe("Branch whose pushes are deployed to the stage."),
  paths: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Globs: a push is skipped if no file that differs from the live release matches one. A later pattern overrides earlier ones; `!` excludes. Empty: every push is deployed; for an app in a folder of its repository (app.root), every push that changes the folder, a package of the repository that the app depends on, or a file beside the lock file.",
    ),
  connectionArn: connectionArn
    .optional()
    .describe("CodeConnections connection of the stage, if it is in another account or Region than the app's."),
  account: z
    .string()
    .regex(/^\d{12}$/, "an AWS account ID of 12 digits")
    .optional()
    .describe("AWS account ID; defaults to the account of the current credentials."),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS Region such as "eu-west-1"')
    .optional()
    .describe("AWS Region; defaults to the Region of the current credentials."),
  tasks: z.number().int().min(1).max(100).default(1).describe("Number of tasks of the ECS service."),
  cpu: z.literal([256, 512, 1024, 2048, 4096]).default(256).describe("CPU units per task."),
  memoryMb: z.number().int().min(512).max(30720).default(512).describe("Memory per task, in MiB."),
  traffic: traffic.default({ canary: { percent: 10, minutes: 5 } }),
  assetsBeforeShift: z
    .boolean()
    .default(true)
    .describe(
      "Before traffic shifts to a release with new hashed assets, deploys the live release again with these added, so that it serves them to open pages of the new one during a canary and after a rollback. `false` saves the minutes that this deployment takes.",
    ),
  bakeMinutes: minutes
    .min(1)
    .default(5)
    .describe(
      "How long the previous release keeps running after the traffic shift, ready for an instant rollback, in minutes.",
    ),
  lock: z
    .literal(["supersede", "queue"])
    .default("supersede")
    .describe(
      "What happens to a push while another deployment is running: only the newest waits and supersedes the others, or all wait in order.",
    ),
  snapshot: z
    .literal(["when-migrating", "always"])
    .default("when-migrating")
    .describe("Which deployments create a database snapshot first: those with pending migrations, or all."),
  snapshots: z
    .strictObject({
      keep: z
        .number()
        .int()
        .min(1)
        .max(80)
        .default(10)
        .describe("Number of newest snapshots to keep, regardless of age."),
      days: z.number().int().min(1).max(3650).default(30).describe("Snapshots younger than this many days are kept."),
    })
    .prefault({})
    .describe("Which snapshots of deployments are kept. Those that a rollback or restore may need are never deleted."),
  snapshotMinutes: minutes
    .min(1)
    .default(120)
    .describe("How long RDS may take to create the snapshot before the deployment fails, in minutes."),
  migrationMinutes: minutes
    .min(1)
    .default(60)
    .describe("How long the migrations may run before they are stopped and the deployment fails, in minutes."),
  approval: z
    .strictObject({
      minutes: z
        .number()
        .int()
        .min(1)
        .max(720)
        .describe(
          "Requires a person to approve each deployment before the database or traffic changes: how long the deployment waits for the approval, and how long an approval stays valid, in minutes.",
        ),
    })
    .optional(),
  heartbeatSeconds: z
    .number()
    .int()
    .min(5)
    .max(3600)
    .default(60)
    .describe("How often a waiting step polls AWS when no event arrives, in seconds."),
  drainSeconds: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe("Connection draining: how long in-flight requests of a stopping task may take, in seconds."),
  certificateArn: z
    .string()
    .startsWith("arn:", "an ARN")
    .optional()
    .describe("ACM certificate. When set, production traffic is served over HTTPS."),
  variables,
  database: database.prefault({}),
  alarms,
});

export const stage = stageFields.superRefine(checkTaskSize).superRefine(checkWaits);
