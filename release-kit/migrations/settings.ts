import * as z from "zod";

const argv = z.array(z.string()).min(1).readonly();

/** `app.migrations` of the configuration, as lib/config/migrations.ts writes it; `false`: the app has no migrations. */
export const migrationSettings = z.union([
  z.literal(false),
  z.object({
    tool: z.literal(["drizzle", "prisma", "knex", "node-pg-migrate", "typeorm", "sequelize", "sql", "custom"]),
    /** In the app's directory. */
    folder: z.string().min(1),
    command: argv,
    /** Of `custom`. */
    list: argv.optional(),
  }),
]);

export type MigrationSettings = Exclude<z.output<typeof migrationSettings>, false>;
