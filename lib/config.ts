import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]*[a-z0-9]$/, "lower-case letters, digits and hyphens, beginning with a letter")
  .max(24);
const argv = z.array(z.string().min(1)).min(1);
const minutes = z.number().int().min(0).max(2880);

const traffic = z
  .union([
    z.literal("all-at-once"),
    z.strictObject({ canary: z.strictObject({ percent: z.number().int().min(1).max(99), minutes: minutes.min(1) }) }),
    z.strictObject({ linear: z.strictObject({ percent: z.number().int().min(1).max(50), minutes: minutes.min(1) }) }),
  ])
  .describe("How production traffic moves to the new release.");

const database = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, "a PostgreSQL name: lower-case letters, digits and underscores")
    .default("app")
    .describe("Name of the database that the app uses."),
  instanceType: z.string().default("t4g.micro").describe("RDS instance class without the `db.` prefix."),
  storageGb: z.number().int().min(20).max(65536).default(20).describe("Allocated storage in GiB."),
  multiAz: z.boolean().default(false).describe("A standby in a second availability zone."),
});

const alarms = z
  .strictObject({
    errorPercent: z
      .number()
      .gt(0)
      .max(100)
      .default(5)
      .describe(
        "A release is taken back when more than this share of its requests is answered with a 5xx, in percent.",
      ),
    latencyP95Seconds: z
      .number()
      .gt(0)
      .max(300)
      .default(2)
      .describe("A release is taken back when one in twenty of its requests takes longer, in seconds."),
    minRequests: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe("A period with fewer requests is not judged: one error among three is no rate."),
    periodSeconds: z
      .number()
      .int()
      .min(60)
      .max(3600)
      .multipleOf(60)
      .default(60)
      .describe("Length of a period that is judged, in seconds: a multiple of 60, since load balancers tell no finer."),
    datapoints: z
      .strictObject({
        breaching: z.number().int().min(1).max(24).default(2).describe("So many of the last periods have to be bad."),
        of: z.number().int().min(1).max(24).default(3).describe("So many periods are looked at."),
      })
      .refine(({ breaching, of }) => breaching <= of, "`breaching` at most `of`")
      .prefault({}),
    windowMinutes: minutes.default(60).describe("How long after a release an alarm still takes it back, in minutes."),
  })
  .prefault({});

const stageFields = z.strictObject({
  branch: z.string().min(1).describe("Pushes to this branch are deployed to the stage."),
  account: z
    .string()
    .regex(/^\d{12}$/, "an AWS account id of 12 digits")
    .optional()
    .describe("AWS account; the account of the credentials in use when left out."),
  region: z.string().optional().describe("AWS region; that of the credentials in use when left out."),
  tasks: z.number().int().min(1).max(100).default(1).describe("Number of tasks of the ECS service."),
  cpu: z.literal([256, 512, 1024, 2048, 4096]).default(256).describe("CPU units of a task."),
  memoryMb: z.number().int().min(512).max(30720).default(512).describe("Memory of a task in MiB."),
  traffic: traffic.default({ canary: { percent: 10, minutes: 5 } }),
  bakeMinutes: minutes
    .min(1)
    .default(5)
    .describe("How long the old release is kept alive after the shift, in minutes."),
  lock: z
    .literal(["supersede", "queue"])
    .default("supersede")
    .describe("What a push does that finds a deployment running: only the newest waits, or all wait in order."),
  snapshot: z
    .literal(["when-migrating", "always"])
    .default("when-migrating")
    .describe("When the database is snapshotted before a deployment goes on."),
  snapshots: z
    .strictObject({
      keep: z.number().int().min(1).max(80).default(10).describe("So many of the newest are kept, however old."),
      days: z.number().int().min(1).max(3650).default(30).describe("Those younger than so many days are kept."),
    })
    .prefault({})
    .describe("Which snapshots of deployments are not deleted; those that a rollback or restore may need never are."),
  snapshotMinutes: minutes
    .min(1)
    .default(120)
    .describe("How long RDS may take for the snapshot of a deployment before the deployment is given up, in minutes."),
  migrationMinutes: minutes
    .min(1)
    .default(60)
    .describe("How long the migrations of a deployment may take before they are stopped, in minutes."),
  approval: z
    .strictObject({
      minutes: z
        .number()
        .int()
        .min(1)
        .max(720)
        .describe(
          "With this, a person has to approve each deployment before database or traffic is touched: so long it waits for the decision, and so long an approval counts, in minutes.",
        ),
    })
    .optional(),
  heartbeatSeconds: z
    .number()
    .int()
    .min(5)
    .max(3600)
    .default(60)
    .describe("After this long without an event a waiting step looks for itself, in seconds."),
  drainSeconds: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe("How long requests of a leaving task may go on."),
  certificateArn: z
    .string()
    .startsWith("arn:")
    .optional()
    .describe("ACM certificate: production is served over HTTPS."),
  database: database.prefault({}),
  alarms,
});

/** As often as the machine looks again after a silent heartbeat (statemachines/deploy.asl.json). */
const heartbeats = 3000;

const stage = stageFields.refine(
  ({ approval, heartbeatSeconds }) => (approval?.minutes ?? 0) * 60 <= heartbeatSeconds * heartbeats,
  {
    path: ["approval", "minutes"],
    error: `at most ${heartbeats} heartbeats (heartbeatSeconds) of waiting; raise heartbeatSeconds or lower the minutes`,
  },
);

const configuration = z.strictObject({
  name: name.describe("Name of the app; the prefix of all that is made for it."),
  repository: name.optional().describe("CodeCommit repository; the app's name when left out."),
  app: z.strictObject({
    port: z.number().int().min(1024).max(65535).default(3000).describe("Port the app listens on, given to it as PORT."),
    healthPath: z.string().startsWith("/").default("/health").describe("Path that answers 200 when the app can serve."),
    startSeconds: z
      .number()
      .int()
      .min(5)
      .max(3600)
      .default(60)
      .describe("How long the app may take to answer its health path after it was started, in seconds."),
    start: argv.default(["node", "dist/server.js"]).describe("Command that starts the app, as an argument list."),
    migrate: z
      .strictObject({
        command: argv.default(["node", "dist/migrate.js"]).describe("Command that applies pending migrations."),
        folder: z.string().default("drizzle").describe("Folder of the drizzle migrations in the repository."),
      })
      .prefault({}),
    generatedSecret: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, "a variable name in capitals")
      .default("SESSION_SECRET")
      .describe("Variable whose value is generated once per stage and kept in the app's secret."),
  }),
  stages: z.record(name, stage).refine((stages) => Object.keys(stages).length > 0, "at least one stage"),
});

export type ConfigInput = z.input<typeof configuration>;
export type Config = z.output<typeof configuration>;
export type StageConfig = z.output<typeof stage>;

/** What lockstep.config.ts exports: types for the editor; the values are checked when the file is read. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

/** The user's configuration is wrong: says file, field, what was found and what is expected. */
export class ConfigInvalid extends Error {
  override readonly name = "ConfigInvalid";
}

/** Reads and checks a configuration file before anything is touched. */
export async function loadConfig(file: string): Promise<Config> {
  let module: { default?: unknown };
  try {
    readFileSync(file);
    module = (await import(pathToFileURL(path.resolve(file)).href)) as { default?: unknown };
  } catch (cause) {
    throw new ConfigInvalid(`${file}: could not be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  return parseConfig(module.default, file);
}

export function parseConfig(value: unknown, file: string): Config {
  const result = configuration.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join(".") || "(whole file)"}: ${explain(issue)}`);
  throw new ConfigInvalid(
    `${file} is not a valid configuration:\n${lines.join("\n")}\nAll fields are described in docs/generated/configuration.md.`,
  );
}

function explain(issue: z.core.$ZodIssue): string {
  const text = JSON.stringify(issue.input) ?? "";
  const found = text === "" ? "it is missing" : `found ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
  if (issue.code === "unrecognized_keys")
    return `unknown field ${issue.keys.map((key) => `"${key}"`).join(", ")}; remove it or fix its spelling`;
  return `expected ${issue.message.replace(/^Invalid \w+: expected /, "")}; ${found}`;
}

export const configurationSchema = configuration;
