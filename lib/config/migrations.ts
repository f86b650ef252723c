import * as z from "zod";
import { refusedCommand } from "../../release-kit/refused-command.ts";
import { argv } from "./values.ts";

type Argv = readonly string[];

interface Defaults {
  readonly folder: string;
  readonly command: Argv;
  readonly table: string;
}

/** What each tool does unless the configuration says otherwise. The commands of packages need them among the dependencies. */
const tools = {
  drizzle: { folder: "drizzle", command: ["node", "dist/migrate.js"], table: "drizzle.__drizzle_migrations" },
  prisma: {
    folder: "prisma/migrations",
    command: ["node_modules/.bin/prisma", "migrate", "deploy"],
    table: "_prisma_migrations",
  },
  knex: { folder: "migrations", command: ["node_modules/.bin/knex", "migrate:latest"], table: "knex_migrations" },
  "node-pg-migrate": {
    folder: "migrations",
    command: ["node_modules/.bin/node-pg-migrate", "up"],
    table: "pgmigrations",
  },
  typeorm: {
    folder: "dist/migrations",
    command: ["node_modules/.bin/typeorm", "migration:run", "-d", "dist/data-source.js"],
    table: "migrations",
  },
  sequelize: {
    folder: "migrations",
    command: ["node_modules/.bin/sequelize-cli", "db:migrate"],
    table: "SequelizeMeta",
  },
  // release-kit puts the script into the image. It gets folder and table as arguments.
  sql: { folder: "migrations", command: ["node", "lockstep-migrate.mjs"], table: "lockstep_migrations" },
  custom: { folder: "migrations", command: [], table: "" },
} as const satisfies Record<string, Defaults>;

type Tool = keyof typeof tools;
const toolNames = Object.keys(tools) as Tool[]; // the keys of the object above

const identifier = String.raw`[A-Za-z_][\w$]*`;
const column = z.string().regex(new RegExp(`^${identifier}$`), "the name of a column");
const table = z
  .string()
  .regex(
    new RegExp(`^(${identifier}\\.)?${identifier}$`),
    'the name of a table, such as "migrations" or "schema.migrations"',
  );

const fields = z.strictObject({
  tool: z.literal(toolNames).default("drizzle").describe("Tool that the migrations are written for."),
  folder: z
    .string()
    .min(1)
    .optional()
    .describe(`Folder of the migrations, in the image too. Defaults: ${listed(({ folder }) => folder)}.`),
  command: argv
    .optional()
    .describe(
      `Command that applies pending migrations, as a list of arguments; runs in a task of the new image. Defaults: ${listed(({ command }) => command.join(" "))}.`,
    ),
  table: table
    .optional()
    .describe(`Table in which the tool records what it has applied. Defaults: ${listed((tool) => tool.table)}.`),
  column: column
    .optional()
    .describe("`custom` only: column of the table with the names of applied migrations (`name`)."),
  list: argv
    .optional()
    .describe(
      "`custom` only: command that lists all migrations in their order, run at the end of the build. It prints a name per line, or a JSON list of names or of `{ name, file }`, where an SQL file is checked.",
    ),
});
type Fields = z.output<typeof fields>;

export interface MigrationSettings {
  readonly tool: Tool;
  readonly folder: string;
  readonly command: Argv;
  readonly table: string;
  readonly column?: string;
  readonly list?: Argv;
}

function listed(valueOf: (defaults: Defaults) => string): string {
  return Object.entries(tools)
    .flatMap(([tool, defaults]) => (valueOf(defaults) === "" ? [] : `\`${valueOf(defaults)}\` (${tool})`))
    .join(", ");
}

function checkFields(settings: Fields, context: z.core.$RefinementCtx): void {
  const { tool, command } = settings;
  const refuse = (field: keyof Fields, message: string) =>
    context.addIssue({ code: "custom", path: [field], message, input: settings[field] });
  for (const field of ["command", "list", "table"] as const)
    if (tool === "custom" && settings[field] === undefined) refuse(field, 'a value, which tool "custom" requires');
  for (const field of ["list", "column"] as const)
    if (tool !== "custom" && settings[field] !== undefined) refuse(field, 'no value, except with tool "custom"');
  if (tool === "prisma" && settings.table !== undefined)
    refuse("table", "no value: Prisma always uses _prisma_migrations");
  const refused = refusedCommand(command ?? []);
  if (refused !== undefined) refuse("command", refused);
}

function withDefaults({ tool, folder, command, table, column = "name", list = [] }: Fields): MigrationSettings {
  const defaults = tools[tool];
  const place = { folder: folder ?? defaults.folder, table: table ?? defaults.table };
  const options = tool === "sql" ? [place.folder, place.table] : [];
  return {
    tool,
    ...place,
    command: command ?? [...defaults.command, ...options],
    ...(tool === "custom" && { column, list }),
  };
}

export const migrations = z
  .union([z.literal(false), fields.superRefine(checkFields).transform(withDefaults)])
  .prefault({})
  .describe("How the schema of the database changes. `false`: the app has no migrations.");
