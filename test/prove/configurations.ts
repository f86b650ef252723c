import type { ConfigInput } from "../../lib/config/index.ts";
import { minimal } from "./synthesize-app.ts";

type StageInput = ConfigInput["stages"][string];

const stage = (branch: string, rest: Partial<StageInput> = {}): StageInput => ({ branch, ...rest });
const withStages = (stages: ConfigInput["stages"]): ConfigInput => ({ ...minimal, stages });

/** Every option, with another value than its default. */
export const complete: ConfigInput = {
  name: "shop",
  source: { codecommit: { repository: "storefront" } },
  app: {
    root: "apps/web",
    node: 22,
    files: ["dist", "public"],
    port: 8000,
    health: { path: "/ready", accept: "200,204" },
    startSeconds: 100,
    start: ["node", "other.js"],
    migrations: { tool: "drizzle", folder: "migrations", command: ["node", "up.js"] },
    generated: ["COOKIE_SECRET", "SIGNING_KEY"],
  },
  build: {
    install: ["npm ci --ignore-scripts"],
    test: ["npm run test:unit"],
    testDuringBuild: false, // not with other commands
    commands: ["npm run generate", "npm run build"],
    prune: ["npm prune --omit=dev --ignore-scripts"],
    compute: "lambda",
    cache: false,
    variables: { PUBLIC_URL: "https://shop.example.com" },
    secrets: ["NPM_TOKEN"],
    database: false, // not on Lambda; see completeOnGitHub
  },
  stages: {
    production: {
      branch: "release",
      paths: ["src/**", "!src/**/*.md"],
      account: "111122223333",
      region: "eu-west-1",
      tasks: 3,
      cpu: 1024,
      memoryMb: 2048,
      traffic: { linear: { percent: 20, minutes: 2 } },
      assetsBeforeShift: false,
      bakeMinutes: 20,
      lock: "queue",
      snapshot: "always",
      snapshots: { keep: 3, days: 7 },
      snapshotMinutes: 30,
      migrationMinutes: 10,
      approval: { minutes: 30 },
      heartbeatSeconds: 30,
      drainSeconds: 90,
      certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/1",
      variables: { LOG_LEVEL: "warn" },
      database: {
        name: "shop",
        instanceType: "m7g.large",
        storageGb: 100,
        multiAz: true,
        passwordGeneration: 2,
        variables: {
          host: "DB_HOST",
          port: "DB_PORT",
          user: "DB_USER",
          password: "DB_PASSWORD",
          name: "DB_NAME",
          url: "POSTGRES_URL",
        },
        urlParameters: { connection_limit: "5" },
      },
      alarms: {
        errorPercent: 2,
        latencyP95Seconds: 1,
        minRequests: 20,
        periodSeconds: 120,
        datapoints: { breaching: 3, of: 4 },
        windowMinutes: 90,
      },
    },
  },
};

const connection = (region: string, account = "111122223333") =>
  `arn:aws:codeconnections:${region}:${account}:connection/0a1b2c3d`;

export const minimalOnGitHub: ConfigInput = {
  ...minimal,
  source: { github: { repository: "acme/shop", connectionArn: connection("eu-west-1") } },
};

/** Every option of an app on GitHub, whose stages are in several accounts and Regions. */
export const completeOnGitHub: ConfigInput = {
  ...complete,
  build: { ...complete.build, compute: "large", cache: true, database: true },
  source: { github: { repository: "acme/shop", connectionArn: connection("eu-west-1"), webhookConcurrency: 10 } },
  stages: {
    production: { ...complete.stages.production, branch: "main", connectionArn: connection("eu-west-1") },
    staging: stage("next", {
      account: "444455556666",
      region: "us-east-1",
      connectionArn: connection("us-east-1", "444455556666"),
    }),
  },
};

export const configurations: Readonly<Record<string, ConfigInput>> = {
  "required options": minimal,
  "every option": complete,
  "required options on GitHub": minimalOnGitHub,
  "every option on GitHub": completeOnGitHub,
  "all at once": withStages({ production: stage("main", { traffic: "all-at-once" }) }),
  "no migrations": { ...minimal, app: { migrations: false } },
  canary: withStages({ production: stage("main", { traffic: { canary: { percent: 1, minutes: 1 } } }) }),
  "two stages": withStages({ production: stage("main"), staging: stage("next") }),
  "three stages": withStages({
    production: stage("main"),
    staging: stage("next"),
    test: stage("test"),
  }),
  "another Region": withStages({ production: stage("main", { region: "us-east-1" }) }),
  "two stages in another account": withStages({
    production: stage("main", { account: "111122223333", region: "eu-west-1" }),
    staging: stage("next", { account: "111122223333", region: "eu-west-1" }),
  }),
};
