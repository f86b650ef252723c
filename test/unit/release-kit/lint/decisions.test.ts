import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, it } from "vitest";
import { decisionsReference } from "../../../../release-kit/lint/reference.ts";
import { alterations } from "../../../../release-kit/lint/alter-table.ts";
import { decisions } from "../../../../release-kit/lint/decisions.ts";
import { drops } from "../../../../release-kit/lint/drop.ts";

const types = path.dirname(createRequire(import.meta.url).resolve("@pgsql/types"));
const declared = (file: string, pattern: RegExp) =>
  Array.from(readFileSync(path.join(types, file), "utf8").matchAll(pattern), ([, name = ""]) => name);
const enumOf = (name: string) => {
  const [declaration = ""] = declared("enums.d.ts", new RegExp(`export type ${name} = ([^;]+);`, "g"));
  return Array.from(declaration.matchAll(/"(\w+)"/g), ([, value = ""]) => value);
};

it("decides every statement of the parser's grammar", () => {
  const inner = ["RawStmt", "SetOperationStmt", "ReturnStmt", "PLAssignStmt", "ReplicaIdentityStmt"];
  const statements = new Set(declared("types.d.ts", /^export interface (\w+Stmt) /gm));
  expect(statements.size).toBeGreaterThan(100);
  expect([...statements].filter((name) => !inner.includes(name) && !(name in decisions))).toEqual([]);
});

it("decides every ALTER TABLE command and every kind of object that is dropped", () => {
  expect(enumOf("AlterTableType").length).toBeGreaterThan(60);
  expect(enumOf("AlterTableType").filter((name) => !(name in alterations))).toEqual([]);
  expect(enumOf("ObjectType").length).toBeGreaterThan(50);
  expect(enumOf("ObjectType").filter((name) => !(name in drops))).toEqual([]);
});

it("is written down", async () => {
  await expect(decisionsReference()).toMatchFileSnapshot("../../../../docs/generated/migration-rules.md");
});
