import { readFileSync } from "node:fs";
import path from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { rds } from "#local/services/rds/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { password, rdsOf } from "#test/support/rds.ts";
import { countSessions, provideRoles } from "../../../../../lambdas/release/database-roles.ts";
import { databaseRoles } from "../../../../../lambdas/resources/database-roles/database-roles.ts";

const trusted = getCACertificates("default");
const login = z.looseObject({
  username: z.string(),
  password: z.string(),
  engine: z.string(),
  url: z.optional(z.string()),
});
let local: TestCloud;
let db: ReturnType<typeof rdsOf>;
const arns = { master: "", app: "", migrations: "" };

beforeAll(async () => {
  local = await startTestCloud({ services: [rds, secretsManager] });
  db = rdsOf(local);
  await db.create();
  await db.available("shop");
  const authority = readFileSync(path.join(local.directory, "rds", "rds-ca.pem"), "utf8");
  setDefaultCACertificates([...trusted, authority]);
  const { Endpoint } = await db.describe("shop");
  const place = { host: Endpoint?.Address, port: Endpoint?.Port, dbname: "shop", engine: "postgres" };
  const put = async (Name: string, value: object) =>
    (await client().send(new CreateSecretCommand({ Name, SecretString: JSON.stringify({ ...place, ...value }) })))
      .ARN ?? "";
  arns.master = await put("master", { username: "lockstep", password });
  arns.app = await put("app", { username: "lockstep_app_1", password: "first%40 of:the/app?#é" });
  arns.migrations = await put("migrations", { username: "lockstep_migrations_1", password: "first-of-migrations" });
  await query("master", "CREATE TABLE older (id serial PRIMARY KEY); INSERT INTO older DEFAULT VALUES");
  await provide(1);
}, 60_000);
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await local.stop();
});

const client = () => local.client(SecretsManagerClient);

const provide = (generation: number, parameters: object = { sslmode: "verify-full" }) =>
  databaseRoles({ secretsManager: client(), provideRoles, countSessions }).update("roles", {
    MasterSecretArn: arns.master,
    AppSecretArn: arns.app,
    MigrationsSecretArn: arns.migrations,
    UrlParameters: JSON.stringify(parameters),
    PasswordGeneration: String(generation),
  });

async function read(secret: keyof typeof arns) {
  const { SecretString = "" } = await client().send(new GetSecretValueCommand({ SecretId: arns[secret] }));
  return login.parse(JSON.parse(SecretString));
}

/** Logs in as the secret says now. */
async function open(secret: keyof typeof arns) {
  const { username: user, password } = await read(secret);
  return db.connect("shop", { user, password });
}

async function query(secret: keyof typeof arns, sql: string) {
  const connection = await open(secret);
  try {
    return (await connection.query(sql)).rows;
  } finally {
    await connection.end();
  }
}

describe("the app's login", () => {
  test("reads and writes rows of what migrations create, also in a schema of their own", async () => {
    await query("migrations", "CREATE TABLE orders (id serial PRIMARY KEY, note text)");
    await query("migrations", "CREATE SCHEMA billing; CREATE TABLE billing.invoices (id int)");
    await query("app", "INSERT INTO orders (note) VALUES ('a'), ('b')");
    await query("app", "UPDATE orders SET note = 'c'; DELETE FROM orders WHERE id = 2");
    await query("app", "INSERT INTO billing.invoices VALUES (1)");
    expect(await query("app", "SELECT * FROM orders")).toEqual([{ id: 1, note: "c" }]);
  });

  test("reads and writes rows of what the master user had created", async () => {
    await query("app", "INSERT INTO older DEFAULT VALUES");
    expect(await query("app", "SELECT count(*)::int AS count FROM older")).toEqual([{ count: 2 }]);
  });

  test.each([
    "CREATE TABLE x (id int)",
    "ALTER TABLE older ADD COLUMN x int",
    "DROP TABLE older",
    "TRUNCATE older",
    "CREATE ROLE x",
    "SET ROLE lockstep_owner",
  ])("may not %s", async (sql) => {
    await expect(query("app", sql)).rejects.toThrow(/permission denied|must be owner/);
  });
});

test("the login of migrations changes what the master user had created, and is not the master user", async () => {
  await query("migrations", "ALTER TABLE older ADD COLUMN note text; CREATE EXTENSION IF NOT EXISTS pgcrypto");
  await expect(query("migrations", "CREATE ROLE x")).rejects.toThrow("permission denied");
});

test("the URL in the secrets logs in by itself, with any password, and has the parameters of the configuration", async () => {
  const run = async (secret: "app" | "migrations", sql: string) => {
    const connection = new Client({ connectionString: (await read(secret)).url });
    await connection.connect();
    const { rows } = await connection.query(sql);
    await connection.end();
    return rows;
  };
  expect(await run("app", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).toEqual([{ ssl: true }]);
  expect(await run("app", "SELECT session_user AS name")).toEqual([{ name: "lockstep_app_1" }]);
  expect(await run("migrations", "SELECT session_user AS name")).toEqual([{ name: "lockstep_migrations_1" }]);
  await provide(1, { sslmode: "verify-full", connection_limit: "5" });
  expect((await read("app")).url).toMatch(/\?sslmode=verify-full&connection_limit=5$/);
});

test("a rotation keeps the sessions and the password of running tasks, and the next one waits until they have ended", async () => {
  const [first, running] = [await read("app"), await open("app")];
  await provide(2);
  const second = await read("app");
  expect(second).toMatchObject({ username: "lockstep_app_2", engine: "postgres" });
  expect(second.url).toContain(`lockstep_app_2:${second.password}@`);
  await query("app", "INSERT INTO older DEFAULT VALUES");
  await running.query("INSERT INTO older DEFAULT VALUES");
  await (await db.connect("shop", { user: first.username, password: first.password })).end();

  await provide(2);
  await provide(1); // a stack update that is rolled back
  expect(await read("app")).toEqual(second);

  await expect(provide(3)).rejects.toThrow(/lockstep_app_1 has 1 sessions.*lockstep deploy/);
  expect(await read("app")).toEqual(second);
  await running.end();
  await provide(3);
  expect(await read("app")).toMatchObject({ username: "lockstep_app_1" });
  await query("app", "SELECT FROM orders");
  await query("migrations", "ALTER TABLE orders ADD COLUMN at timestamptz");
  await expect(db.connect("shop", { user: first.username, password: first.password })).rejects.toThrow("password");
});
