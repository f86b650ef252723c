import * as z from "zod";
import { databaseVariables, urlParameters } from "./variables.ts";

export const database = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, "a PostgreSQL name: lower-case letters, digits and underscores")
    .default("app")
    .describe("Name of the app's database."),
  instanceType: z.string().default("t4g.micro").describe("RDS instance class, without the `db.` prefix."),
  storageGb: z.number().int().min(20).max(65536).default(20).describe("Allocated storage in GiB."),
  multiAz: z.boolean().default(false).describe("Run a standby instance in a second Availability Zone."),
  variables: databaseVariables,
  urlParameters,
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
