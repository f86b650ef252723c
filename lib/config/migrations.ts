import * as z from "zod";
import { argv } from "./values.ts";

type Argv = readonly string[];

interface Defaults {
  readonly folder: string;
  readonly command: Argv;
}

/** What each tool does unless the configuration says otherwise. */
const tools = {
  drizzle: { folder: "drizzle", command: ["node", "dist/migrate.js"] },
} as const satisfies Record<string, Defaults>;

type Tool = keyof typeof tools;
const toolNames = Object.keys(tools) as Tool[]; // the keys of the object above

const fields = z.strictObject({
  tool: z.literal(toolNames).default("drizzle").describe("Tool that the migrations are written for."),
  folder: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the migrations in the repository; part of the image. The default depends on the tool."),
  command: argv
    .optional()
    .describe(
      "Command that applies pending migrations, as a list of arguments; runs in a task of the new image. The default depends on the tool.",
    ),
});

export interface MigrationSettings {
  readonly tool: Tool;
  readonly folder: string;
  readonly command: Argv;
}

function withDefaults({ tool, folder, command }: z.output<typeof fields>): MigrationSettings {
  const defaults = tools[tool];
  return { tool, folder: folder ?? defaults.folder, command: command ?? defaults.command };
}

export const migrations = z
  .union([z.literal(false), fields.transform(withDefaults)])
  .prefault({})
  .describe("How the schema of the database changes. `false`: the app has no migrations.");
