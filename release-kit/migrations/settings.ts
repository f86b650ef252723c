import * as z from "zod";

/** `app.migrations` of the configuration, as lib/config/migrations.ts writes it; `false`: the app has no migrations. */
export const migrationSettings = z.union([
  z.literal(false),
  z.object({
    tool: z.literal(["drizzle"]),
    /** In the app's directory. */
    folder: z.string().min(1),
    command: z.array(z.string()).min(1).readonly(),
  }),
]);

export type MigrationSettings = Exclude<z.output<typeof migrationSettings>, false>;
