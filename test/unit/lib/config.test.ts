import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConfigInvalid, loadConfig, parseConfig } from "../../../lib/config/index.ts";
import { configurationReference } from "../../../lib/config/reference.ts";
import { runProgram } from "../../support/command-line.ts";

const valid = { name: "shop", app: {}, stages: { production: { branch: "main" } } };
const refused = (value: unknown) => {
  try {
    parseConfig(value, "lockstep.config.ts");
    return "accepted";
  } catch (error) {
    return error instanceof ConfigInvalid ? error.message : String(error);
  }
};

describe("configuration", () => {
  it("fills in defaults", () => {
    const { app, stages } = parseConfig(valid, "lockstep.config.ts");
    expect(app).toMatchObject({
      port: 3000,
      health: { path: "/health", accept: "200" },
      migrations: { tool: "drizzle", folder: "drizzle" },
    });
    expect(stages.production).toMatchObject({ lock: "supersede", bakeMinutes: 5, database: { name: "app" } });
  });

  it("gives each migration tool its own folder, command and table", () => {
    const settingsOf = (migrations: object) => parseConfig({ ...valid, app: { migrations } }, "x").app.migrations;
    expect(settingsOf({ tool: "prisma" })).toEqual({
      tool: "prisma",
      folder: "prisma/migrations",
      command: ["node_modules/.bin/prisma", "migrate", "deploy"],
      table: "_prisma_migrations",
    });
    expect(settingsOf({ tool: "sql", folder: "db" })).toMatchObject({
      command: ["node", "lockstep-migrate.mjs", "db", "lockstep_migrations"],
    });
  });

  it("has an app without migrations", () => {
    const { app } = parseConfig({ ...valid, app: { migrations: false } }, "lockstep.config.ts");
    expect(app.migrations).toBe(false);
  });

  it.each([
    [{ ...valid, app: { port: "3000" } }, "app.port", 'found "3000"'],
    [
      { ...valid, stages: { production: { branch: "main", bakeMinuets: 3 } } },
      "stages.production",
      'unknown field "bakeMinuets"',
    ],
    [{ ...valid, stages: { production: {} } }, "stages.production.branch", "it is missing"],
    [{ ...valid, stages: {} }, "stages", "at least one stage"],
    [
      { ...valid, stages: { production: { branch: "main", heartbeatSeconds: 5, approval: { minutes: 720 } } } },
      "stages.production.approval.minutes",
      "at most 3000 heartbeats",
    ],
    [{ ...valid, name: "My Shop" }, "name", "lower-case letters"],
  ])("is refused by file, field and problem: %j", (value, field, problem) => {
    const message = refused(value);
    expect(message).toContain("lockstep.config.ts is not a valid configuration");
    expect(message).toContain(`  ${field}: `);
    expect(message).toContain(problem);
  });

  const inStage = (fields: object) => ({ ...valid, stages: { production: { branch: "main", ...fields } } });

  it.each([
    [inStage({ variables: { "log-level": "a" } }), "variables.log-level: expected a name of letters, digits"],
    [
      inStage({ variables: { PORT: "80" } }),
      'variables.PORT: found "80"; expected a name other than PORT, which Lockstep',
    ],
    [
      inStage({ variables: { SESSION_SECRET: "a" } }),
      'SESSION_SECRET: found "a"; expected a name that is not in app.gen',
    ],
    [
      inStage({ variables: { DB_HOST: "a" }, database: { variables: { host: "DB_HOST" } } }),
      "a name that is not in database.variables",
    ],
    [{ ...valid, app: { generated: ["DATABASE_URL"] } }, 'app.generated: found ["DATABASE_URL"]; expected names other'],
    [
      inStage({ database: { variables: { url: "SESSION_SECRET" } } }),
      'database.variables.url: found "SESSION_SECRET"; expected a name that is not in app.generated',
    ],
  ])("gives each variable one source: %j", (value, problem) => {
    expect(refused(value)).toContain(problem);
  });

  it.each([
    "sk_live_51H8canary",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
    "postgres://shop:canary@db.example.com/shop",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIcanary",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
  ])("refuses a variable with a secret, and does not show it: %s", (secret) => {
    const message = refused(inStage({ variables: { STRIPE: secret } }));
    expect(message).toContain("variables.STRIPE: it looks like a secret");
    expect(message).toContain("lockstep secret set STRIPE");
    expect(message).not.toContain(secret.slice(0, 12));
  });

  it("accepts variables that only resemble secrets", () => {
    const variables = {
      API: "https://api.example.com/v1?key=name",
      SITE: "https://user@example.com",
      TAX: "task-list",
    };
    expect(refused(inStage({ variables }))).toBe("accepted");
  });

  it.each([
    [{ ...valid, app: { port: 80 } }, "app.port: found 80; expected at least 1024"],
    [{ ...valid, app: { migrations: { folder: 1 } } }, "app.migrations.folder: found 1; expected a string"],
    [
      { ...valid, app: { migrations: { command: ["npx", "prisma", "db", "push"] } } },
      'app.migrations.command: found ["npx","prisma","db","push"]; expected a command that applies migrations: prisma db push',
    ],
    [
      { ...valid, app: { migrations: { tool: "custom" } } },
      "app.migrations.list: it is missing; expected a value, which",
    ],
    [{ ...valid, app: { migrations: { list: ["ls"] } } }, "expected no value, except with tool"],
    [
      { ...valid, app: { migrations: { table: "a b" } } },
      'app.migrations.table: found "a b"; expected the name of a table',
    ],
    [{ ...valid, app: { migrations: { tool: "prisma", table: "x" } } }, "Prisma always uses _prisma_migrations"],
    [
      { ...valid, app: { migrations: { tool: "flyway" } } },
      'app.migrations.tool: found "flyway"; expected "drizzle" or "prisma" or',
    ],
    [{ ...valid, app: { migrations: { foldr: "x" } } }, 'app.migrations: unknown field "foldr"'],
    [
      { ...valid, app: { health: { accept: "200-599" } } },
      'app.health.accept: found "200-599"; expected status codes from 200 to 499',
    ],
    [{ ...valid, app: { health: { accept: "399-200" } } }, "app.health.accept"],
    [{ ...valid, app: { start: [] } }, "app.start: found []; expected a non-empty list"],
    [inStage({ tasks: 1.5 }), "stages.production.tasks: found 1.5; expected an integer"],
    [inStage({ lock: "wait" }), 'stages.production.lock: found "wait"; expected "supersede" or "queue"'],
    [inStage({ traffic: "fast" }), 'stages.production.traffic: found "fast"; expected "all-at-once", { canary:'],
    [inStage({ alarms: { periodSeconds: 90 } }), "alarms.periodSeconds: found 90; expected a multiple of 60"],
    [inStage({ drainSeconds: 4000 }), "stages.production.drainSeconds: found 4000; expected at most 3600"],
    [
      inStage({ cpu: 1024 }),
      "stages.production.memoryMb: it is missing; expected 2048 to 8192 in steps of 1024, which",
    ],
    [
      inStage({ memoryMb: 1536 }),
      "production.memoryMb: found 1536; expected 512, 1024 or 2048, which Fargate supports",
    ],
    [inStage({ cpu: 512, memoryMb: 2500 }), "production.memoryMb: found 2500; expected 1024 to 4096 in steps of 1024"],
    [
      inStage({ traffic: { linear: { percent: 1, minutes: 30 } } }),
      'stages.production.traffic: found {"linear":{"percent":1,"minutes":30}}; expected a shift of at most 2880 minutes in all; it would take 2970',
    ],
    [
      inStage({ heartbeatSeconds: 20, bakeMinutes: 1500 }),
      "stages.production.bakeMinutes: found 1500; expected at most",
    ],
    [
      inStage({ traffic: { canary: { percent: 10, minutes: 2000 } }, bakeMinutes: 2300 }),
      "stages.production.bakeMinutes: found 2300; expected a traffic shift, bake, approval, snapshot and migrations of at most 4080 minutes in all, in which one execution can wait with a heartbeat of 60 s; their sum is 4480",
    ],
    [
      inStage({ traffic: { canary: { percent: 10, minutes: 1300 } }, bakeMinutes: 1400, heartbeatSeconds: 30 }),
      "of at most 2750 minutes in all",
    ],
    [{ ...valid, name: "internal-shop" }, 'name: found "internal-shop"; expected a name that does not start with'],
    [{ ...valid, name: "my--shop" }, "single hyphens"],
    [{ ...valid, name: "shop-before" }, 'name: found "shop-before"; expected words other than before, migrate'],
    [
      { ...valid, stages: { "prod-snapshot": { branch: "main" } } },
      "stages.prod-snapshot: expected a name of words other than before, migrate",
    ],
    [
      { ...valid, name: "my-long-storefront" },
      "stages.production: expected a name of at most 7 characters: my-long-storefront-production has more than the 26",
    ],
    [
      { ...valid, stages: { "prod-1": { branch: "main" }, prod1: { branch: "one" } } },
      "stages.prod1: expected a name of letters and digits that differ from those of prod-1: their stacks are named Prod1",
    ],
    [{ ...valid, stages: { Prod: { branch: "main" } } }, "stages.Prod: expected a name of lower-case letters"],
  ])("is refused with the value found and the values allowed: %j", (value, problem) => {
    expect(refused(value)).toContain(problem);
  });

  const place = { account: "111122223333", region: "eu-west-1" };

  it.each([
    [
      { branch: "staging", ...place, region: "us-east-1" },
      'stages.staging.region: found "us-east-1"; expected "eu-west-1", as in stage production: the repository and all stages of an app are in one account and Region. For another account or Region, use GitHub, or configure a separate app with its own repository',
    ],
    [
      { branch: "staging", region: "eu-west-1" },
      'stages.staging.account: it is missing; expected "111122223333", as in stage production',
    ],
    [
      { branch: "staging", ...place, region: "Ireland" },
      'stages.staging.region: found "Ireland"; expected an AWS Region such as "eu-west-1"',
    ],
  ])("has all stages in one account and Region, with the repository: %j", (staging, problem) => {
    const production = { branch: "main", ...place };
    expect(refused({ ...valid, stages: { production, staging } })).toContain(problem);
    expect(refused({ ...valid, stages: { production, staging: { branch: "staging", ...place } } })).toBe("accepted");
  });

  const connectionArn = "arn:aws:codeconnections:eu-west-1:111122223333:connection/0a1b";
  const onGitHub = (github: object, production: object = { branch: "main" }) => ({
    ...valid,
    source: { github: { repository: "acme/shop", connectionArn, ...github } },
    stages: { production },
  });

  it.each([
    [onGitHub({ repository: "shop" }), 'source.github.repository: found "shop"; expected a GitHub repository such as'],
    [onGitHub({ connectionArn: "arn:aws:iam::1:role/x" }), "source.github.connectionArn"],
    [{ ...valid, source: {} }, "source: found {}; expected either codecommit or github"],
    [{ ...valid, source: { codecommit: {}, ...onGitHub({}).source } }, "either codecommit or github"],
    [
      onGitHub({}, { branch: "main", account: "444455556666" }),
      "stages.production.connectionArn: it is missing; expected a connection in the stage's account and Region (444455556666, eu-west-1)",
    ],
  ])("refuses a source that cannot be used: %#", (value, problem) => {
    expect(refused(value)).toContain(problem);
  });

  it("has stages in several accounts and Regions, with a repository on GitHub and a connection each", () => {
    const staging = {
      branch: "staging",
      region: "us-east-1",
      account: "444455556666",
      connectionArn: "arn:aws:codestar-connections:us-east-1:444455556666:connection/0a1b",
    };
    const { stages, ...app } = onGitHub({});
    expect(refused({ ...app, stages: { ...stages, staging } })).toBe("accepted");
  });

  it("is refused when the file does not exist, with what to do", async () => {
    await expect(loadConfig("none/lockstep.config.ts")).rejects.toThrow(
      "none/lockstep.config.ts does not exist\nFix: run the command in the folder of",
    );
  });

  it.each(["commonjs", "module"])(
    "is loaded in an app of type %s that does not have Lockstep installed",
    async (type) => {
      const directory = mkdtempSync(path.join(tmpdir(), "lockstep-config-"));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      writeFileSync(path.join(directory, "package.json"), JSON.stringify({ type }));
      const file = path.join(directory, "lockstep.config.ts");
      const config: string = JSON.stringify(valid);
      writeFileSync(file, `import { defineConfig } from "lockstep";\nexport default defineConfig(${config});\n`);
      // In a process of its own: vitest has its own import.
      const module = path.resolve("lib/config/index.ts");
      const script = `const { loadConfig } = await import("${module}"); console.log((await loadConfig("${file}")).name);`;
      const argv = [process.execPath, "--input-type=module", "--eval", script];
      expect(await runProgram(argv)).toMatchObject({ stdout: `${valid.name}\n`, exitCode: 0 });
    },
  );

  it("has a reference page that describes every field", async () => {
    await expect(configurationReference()).toMatchFileSnapshot("../../../docs/generated/configuration.md");
  });
});
