/** A change of one field of the configuration, and what an update does with it. */
export interface FieldCase {
  field: string;
  /** Values by field: others that the changed one requires. */
  to: Readonly<Record<string, unknown>>;
  /** Why it is refused, before anything is changed. */
  refused?: RegExp;
  /** Why taking the change back is refused, where the change itself is not. */
  refusedBack?: RegExp;
  /** No template depends on it. */
  hasNoEffect?: true;
}

const stage = "stages.production";
const connectionArn = "arn:aws:codeconnections:eu-central-1:123456789012:connection/1";
/** Another source than CodeCommit, which the stages of the matrix use. */
const github = { repository: "acme/shop", connectionArn, webhookConcurrency: 10 };

const change = (field: string, value: unknown, rest: Omit<FieldCase, "field" | "to"> = {}): FieldCase => ({
  field,
  to: { [field]: value },
  ...rest,
});
const ofStage = (field: string, value: unknown, rest?: Omit<FieldCase, "field" | "to">) =>
  change(`${stage}.${field}`, value, rest);

/** What `test` and `commands` require. */
const afterBuild = { "build.testDuringBuild": false };

/** Every field of the configuration. */
export const cases: readonly FieldCase[] = [
  change("name", "bookshop", { refused: /Nothing was changed\. Fix: undo the change/ }),
  change("source.codecommit.repository", "books", {
    refused: /Export Storefront-Source:\S+ .* cannot be updated as it is in use by Storefront-Production-Pipeline/,
  }),
  ...["repository", "connectionArn", "webhookConcurrency"].map((name) => ({
    field: `source.github.${name}`,
    to: { source: { github } },
    refused: /Nothing was changed\. Fix: undo the change/,
  })),
  change("app.root", "server"),
  change("app.node", 22),
  change("app.files", ["dist", "drizzle"]),
  change("app.port", 3100),
  change("app.health.path", "/ready"),
  change("app.health.accept", "200-299"),
  change("app.startSeconds", 20),
  change("app.start", ["node", "--no-warnings", "dist/server.js"]),
  change("app.migrations", { folder: "migrations", command: ["node", "--no-warnings", "dist/migrate.js"] }),
  change("app.generated", ["SESSION_SECRET", "COOKIE_SECRET"]),
  change("build.install", ["npm ci --ignore-scripts"]),
  change("build.testDuringBuild", false),
  { field: "build.test", to: { ...afterBuild, "build.test": false } },
  { field: "build.commands", to: { ...afterBuild, "build.commands": ["npm run build"] } },
  change("build.prune", ["npm prune --omit=dev --ignore-scripts"]),
  change("build.cache", false),
  change("build.compute", "medium"),
  change("build.variables", { PUBLIC_URL: "https://shop.example.com" }),
  change("build.secrets", ["NPM_TOKEN"]),
  change("build.database", true),
  ofStage("branch", "release"),
  ofStage("paths", ["*.txt"]),
  ofStage("connectionArn", connectionArn, { hasNoEffect: true }), // with CodeCommit
  ofStage("account", "111122223333", { refused: /cannot move to 111122223333/ }),
  ofStage("region", "eu-west-1", { refused: /cannot move to 123456789012, eu-west-1/ }),
  ofStage("tasks", 2),
  { field: `${stage}.cpu`, to: { [`${stage}.cpu`]: 512, [`${stage}.memoryMb`]: 1024 } },
  ofStage("memoryMb", 1024),
  ofStage("traffic", { linear: { percent: 50, minutes: 1 } }),
  ofStage("assetsBeforeShift", false),
  ofStage("bakeMinutes", 3),
  ofStage("lock", "queue"),
  ofStage("snapshot", "always"),
  ofStage("snapshots.keep", 3),
  ofStage("snapshots.days", 7),
  ofStage("snapshotMinutes", 60),
  ofStage("migrationMinutes", 30),
  ofStage("approval.minutes", 30),
  ofStage("heartbeatSeconds", 30),
  ofStage("drainSeconds", 10),
  ofStage("certificateArn", "arn:aws:acm:eu-central-1:123456789012:certificate/1"),
  ofStage("database.name", "books", { refused: /DBName cannot be changed/ }),
  ofStage("database.instanceType", "t4g.small"),
  ofStage("database.storageGb", 30, { refusedBack: /AllocatedStorage cannot be reduced/ }),
  ofStage("database.multiAz", true),
  ofStage("database.passwordGeneration", 2),
  ...["host", "port", "user", "password", "name", "url"].map((part) =>
    ofStage(`database.variables.${part}`, `DB_${part.toUpperCase()}`),
  ),
  ofStage("database.urlParameters", { connection_limit: "5" }),
  ofStage("variables", { LOG_LEVEL: "warn" }),
  ofStage("alarms.errorPercent", 2),
  ofStage("alarms.latencyP95Seconds", 1),
  ofStage("alarms.minRequests", 20),
  ofStage("alarms.periodSeconds", 120),
  ofStage("alarms.datapoints.breaching", 1),
  ofStage("alarms.datapoints.of", 4),
  ofStage("alarms.windowMinutes", 30),
];
