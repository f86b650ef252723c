import { expect, test } from "vitest";
import { surveyOf } from "../support/repository.ts";

test.each([
  [{ "package.json": { dependencies: { mysql2: "3" } } }, "MySQL"],
  [{ "package.json": { dependencies: { mysql2: "3", pg: "8" } } }, undefined],
  [{ "prisma/schema.prisma": 'datasource db {\n  provider = "sqlite"\n}\n' }, "sqlite"],
  [{ "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n' }, undefined],
  [{}, undefined],
])("%j uses %s", (files, database) => expect(surveyOf(files).otherDatabase?.value).toBe(database));
