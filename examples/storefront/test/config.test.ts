import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ConfigError, readConfig, readDatabaseConfig, variables } from "../src/server/config.ts";

const database = { PGHOST: "db", PGUSER: "shop", PGPASSWORD: "secret-of-the-database", PGDATABASE: "shop" };
const complete = { ...database, SESSION_SECRET: "0123456789abcdef" };

test("names the variable that is missing", () => {
  const { SESSION_SECRET: _, ...without } = complete;
  assert.throws(
    () => readConfig(without),
    new ConfigError("Configuration: SESSION_SECRET is missing. See .env.example."),
  );
});

test("takes an empty variable for a missing one", () => {
  assert.throws(() => readConfig({ ...complete, PGHOST: "" }), /PGHOST is missing/);
});

test("names every fault at once and shows no value", () => {
  const env = { ...complete, SESSION_SECRET: "too-short", PORT: "80 80", PGSSLMODE: "prefer" };
  assert.throws(
    () => readConfig(env),
    (error: Error) => {
      assert.match(error.message, /PORT is not a port number/);
      assert.match(error.message, /PGSSLMODE is not one of disable, require, no-verify, verify-full/);
      assert.match(error.message, /SESSION_SECRET is shorter than 16 characters/);
      assert.doesNotMatch(error.message, /too-short|secret-of-the-database/);
      return true;
    },
  );
});

test("fills in what is optional", () => {
  const { PORT, PGPORT, RELEASE, STORE_NAME, PGSSLMODE, NODE_ENV } = readConfig(complete);
  assert.deepEqual(
    { PORT, PGPORT, RELEASE, STORE_NAME, PGSSLMODE, NODE_ENV },
    {
      PORT: 3000,
      PGPORT: 5432,
      RELEASE: "development",
      STORE_NAME: "Storefront",
      PGSSLMODE: "disable",
      NODE_ENV: "development",
    },
  );
});

test("a migration needs the database only", () => {
  assert.equal(readDatabaseConfig(database).PGHOST, "db");
});

test(".env.example lists every variable, and the optional ones commented out", () => {
  const lines = readFileSync(new URL("../.env.example", import.meta.url), "utf8").split("\n");
  const listed = (pattern: RegExp): string[] => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []).toSorted();
  const known = (required: boolean): string[] =>
    variables
      .filter((variable) => variable.required === required)
      .map((variable) => variable.name)
      .toSorted();
  assert.deepEqual(listed(/^([A-Z]+(?:_[A-Z]+)*)=/), known(true));
  assert.deepEqual(listed(/^# ([A-Z]+(?:_[A-Z]+)*)=/), known(false));
});
