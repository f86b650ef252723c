import * as z from "zod/mini";

const json = z.pipe(
  z.string(),
  z.transform((text): unknown => JSON.parse(text)),
);

export const ledgerSettings = z.object({
  tool: z.enum(["drizzle", "prisma", "knex", "node-pg-migrate", "typeorm", "sequelize", "sql", "custom"]),
  /** The tool's table of applied migrations, in a schema if it has a dot. */
  table: z.string(),
  /** Of the name of a migration, in a table of `custom`. */
  column: z.optional(z.string()),
  command: z.array(z.string()),
});
export type LedgerSettings = z.infer<typeof ledgerSettings>;

/** `app.migrations` of the configuration; `false`: the app has no migrations. */
export const ledgerEnvironment = z.object({
  MIGRATION_SETTINGS: z.pipe(json, z.union([z.literal(false), ledgerSettings])),
});
