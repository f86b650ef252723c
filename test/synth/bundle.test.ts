import { execFileSync } from "node:child_process";
import { globSync, statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { bundleFunction } from "../../lib/bundle-function.ts";

const functions = globSync("**/index.ts", { cwd: "lambdas" }).map((file) => path.dirname(file));
const bundle = (entry: string) => path.join(bundleFunction(entry), "index.mjs");

/** The environment variables of all functions; only whether a bundle starts is tested. */
const environment = {
  AWS_REGION: "eu-west-1",
  TABLE_NAME: "t",
  LOCK_MODE: "queue",
  SNAPSHOT_POLICY: "always",
  TASK_COUNT: "1",
  STAGE: "production",
  ASSETS_BEFORE_SHIFT: "true",
  APPROVAL_MINUTES: "30",
  KEEP_SNAPSHOTS: "10",
  KEEP_DAYS: "30",
  KEEP_RELEASES: "20",
  ALARM_WINDOW_MINUTES: "60",
  ALARM_MEMORY_SECONDS: "300",
  PATHS: "[]",
  MIGRATION_SETTINGS: "false",
  MIGRATE_COMMAND: '["node","migrate.js"]',
  ...Object.fromEntries(
    [
      "REPOSITORY_NAME REPOSITORY_URI BRANCH PROJECT_NAME BUILDSPEC DATABASE_SECRET_ARN DATABASE_APP_SECRET_ARN DATABASE_MIGRATIONS_SECRET_ARN APP_SECRET_ARN RESERVED_VARIABLES STAGE_VARIABLES REQUIRED_VARIABLES_FILE",
      "DB_INSTANCE_IDENTIFIER CLUSTER_ARN SERVICE_NAME BASE_TASK_DEFINITION_ARN MIGRATION_FAMILY SUBNET_IDS",
      "BLUE_TARGET_GROUP_ARN GREEN_TARGET_GROUP_ARN SECURITY_GROUP_IDS CONTAINER_NAME CODEDEPLOY_APPLICATION CODEDEPLOY_DEPLOYMENT_GROUP HOOK_FUNCTION_ARN",
      "GITHUB_TOKEN_ARN WEBHOOK_SECRET_ARN LOAD_BALANCER_ARN TEST_LISTENER_ARN PREFIX ALARM_NAMES IMAGE_REPOSITORY LOAD_BALANCER TARGET_GROUPS DEPLOY_MACHINE_ARN ROLLBACK_MACHINE_ARN TASK_FAMILIES",
    ]
      .join(" ")
      .split(" ")
      .map((name) => [name, "x"]),
  ),
};

test.each(functions)("%s starts from its bundle", (name) => {
  const script = `const { handler } = await import(${JSON.stringify(bundle(name))}); console.log(typeof handler);`;
  const argv = ["--input-type=module", "--eval", script];
  expect(execFileSync(process.execPath, argv, { env: environment, encoding: "utf8" }).trim()).toBe("function");
  expect(statSync(bundle(name)).size).toBeLessThan(1024 * 1024);
});

test("a function without its environment says what is missing", () => {
  const script = `await import(${JSON.stringify(bundle("deploy/build"))}).catch((error) => console.log(error.message));`;
  const argv = ["--input-type=module", "--eval", script];
  const said = execFileSync(process.execPath, argv, { env: { AWS_REGION: "eu-west-1" }, encoding: "utf8" });
  expect(said).toContain("PROJECT_NAME");
});
