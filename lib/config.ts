import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { checkNames, checkPlaces, checkTaskSize, checkWaits } from "./config-checks.ts";
import { allowedValues, ConfigInvalid } from "./config-invalid.ts";
import { reservedWords } from "./names.ts";

export { ConfigInvalid };

const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case letters, digits and single hyphens, starting with a letter")
  .max(24);
const resourceName = name.refine(
  (text) => !text.split("-").some((word) => reservedWords.includes(word)),
  `words other than ${reservedWords.join(", ")}, with which the pipeline names resources of its own`,
);
const connectionArn = z
  .string()
  .regex(
    /^arn:aws[\w-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[\w-]+$/,
    "the ARN of a CodeConnections connection",
  );
const argv = z.array(z.string().min(1)).min(1);
const minutes = z.number().int().min(0).max(2880);

const traffic = z
  .union(
    [
      z.literal("all-at-once"),
      z.strictObject({ canary: z.strictObject({ percent: z.number().int().min(1).max(99), minutes: minutes.min(1) }) }),
      z.strictObject({ linear: z.strictObject({ percent: z.number().int().min(1).max(50), minutes: minutes.min(1) }) }),
    ],
    '"all-at-once", { canary: { percent: 1 to 99, minutes } } or { linear: { percent: 1 to 50, minutes } }',
  )
  .describe("How production traffic shifts to the new release.");

const database = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, "a PostgreSQL name: lower-case letters, digits and underscores")
    .default("app")
    .describe("Name of the app's database."),
  instanceType: z.string().default("t4g.micro").describe("RDS instance class, without the `db.` prefix."),
  storageGb: z.number().int().min(20).max(65536).default(20).describe("Allocated storage in GiB."),
  multiAz: z.boolean().default(false).describe("Run a standby instance in a second Availability Zone."),
  passwordGeneration: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1)
    .describe(
      "Increase it to rotate the passwords of the app and its migrations: running tasks keep theirs, the next release uses the new ones.",
    ),
});

const alarms = z
  .strictObject({
    errorPercent: z
      .number()
      .gt(0)
      .max(100)
      .default(1)
      .describe(
        "Percentage of requests answered with a 5xx status above which a release is rolled back; one or two errors in a period never do.",
      ),
    latencyP95Seconds: z
      .number()
      .gt(0)
      .max(300)
      .default(2)
      .describe("95th percentile of the response time, in seconds, above which a release is rolled back."),
    minRequests: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe("Minimum number of requests in a period; periods with fewer requests are not evaluated."),
    periodSeconds: z
      .number()
      .int()
      .min(60)
      .max(3600)
      .multipleOf(60)
      .default(60)
      .describe(
        "Length of an evaluation period, in seconds: a multiple of 60, because load balancer metrics have one-minute resolution.",
      ),
    datapoints: z
      .strictObject({
        breaching: z
          .number()
          .int()
          .min(1)
          .max(24)
          .default(2)
          .describe("Datapoints to alarm: how many of the evaluation periods must be breaching."),
        of: z
          .number()
          .int()
          .min(1)
          .max(24)
          .default(3)
          .describe("Evaluation periods: how many of the latest periods are evaluated."),
      })
      .refine(({ breaching, of }) => breaching <= of, "`breaching` to be at most `of` (3 by default)")
      .prefault({}),
    windowMinutes: minutes.default(60).describe("How long after a release an alarm rolls it back, in minutes."),
  })
  .prefault({});

const stageFields = z.strictObject({
  branch: z.string().min(1).describe("Branch whose pushes are deployed to the stage."),
  paths: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Globs: a push is skipped if no file that differs from the live release matches one. A later pattern overrides earlier ones; `!` excludes. Empty: every push is deployed.",
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
  database: database.prefault({}),
  alarms,
});

const stage = stageFields.superRefine(checkTaskSize).superRefine(checkWaits);

const source = z
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

const fields = z.strictObject({
  name: resourceName.describe("Name of the app. The names of all its AWS resources start with it."),
  source,
  app: z.strictObject({
    port: z
      .number()
      .int()
      .min(1024)
      .max(65535)
      .default(3000)
      .describe("Port that the app listens on, passed to it as PORT."),
    healthPath: z
      .string()
      .startsWith("/", 'a path that starts with "/"')
      .default("/health")
      .describe("Health check path; responds with 200 when the app is ready for traffic."),
    startSeconds: z
      .number()
      .int()
      .min(5)
      .max(600)
      .default(60)
      .describe("Health check grace period: how long the app may take to start, in seconds."),
    start: argv.default(["node", "dist/server.js"]).describe("Command that starts the app, as a list of arguments."),
    migrate: z
      .strictObject({
        command: argv
          .default(["node", "dist/migrate.js"])
          .describe("Command that applies pending migrations, as a list of arguments."),
        folder: z.string().default("drizzle").describe("Folder of the Drizzle migrations in the repository."),
      })
      .prefault({}),
    generatedSecret: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, "a variable name in upper-case letters")
      .default("SESSION_SECRET")
      .describe(
        "Variable whose value is generated once per stage and added to the app's secret in Secrets Manager. The other keys of the secret are yours.",
      ),
  }),
  stages: z.record(resourceName, stage).refine((stages) => Object.keys(stages).length > 0, "at least one stage"),
});

const configuration = fields.superRefine(checkNames).superRefine(checkPlaces);

export type ConfigInput = z.input<typeof configuration>;
export type Config = z.output<typeof configuration>;
export type StageConfig = z.output<typeof stageFields>;

/** Types lockstep.config.ts in the editor. The values are validated when the file is loaded. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

export async function loadConfig(file: string): Promise<Config> {
  try {
    readFileSync(file); // a missing file has a better error than a failed import
    const module = (await import(pathToFileURL(path.resolve(file)).href)) as { default?: unknown }; // any module has this type
    return parseConfig(module.default, file);
  } catch (error) {
    throw error instanceof ConfigInvalid ? error : ConfigInvalid.unreadable(file, error);
  }
}

export function parseConfig(value: unknown, file: string): Config {
  const result = configuration.safeParse(value, { error: allowedValues });
  if (result.success) return result.data;
  throw ConfigInvalid.withIssues(file, value, result.error.issues);
}

export const configurationSchema = configuration;
