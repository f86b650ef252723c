interface Refusal {
  readonly pattern: RegExp;
  /** What to use instead, as the end of a sentence. */
  readonly instead: string;
}

/** Commands that change a schema to what the code says, without a migration that can be reviewed, checked or taken back. */
const refusals: readonly Refusal[] = [
  {
    pattern: /\bdrizzle-kit\s+push\b/,
    instead:
      "a command that applies migrations: drizzle-kit push changes the schema without them and may drop columns. Generate them with drizzle-kit generate, commit them, and apply them with drizzle-kit migrate or migrate() of drizzle-orm",
  },
  {
    pattern: /\bprisma\s+db\s+push\b/,
    instead:
      "a command that applies migrations: prisma db push changes the schema without them. Create them with prisma migrate dev, commit them, and apply them with prisma migrate deploy",
  },
  {
    pattern: /\bprisma\s+migrate\s+(?:dev|reset)\b/,
    instead: "prisma migrate deploy: prisma migrate dev and reset are for development and may delete all data",
  },
  {
    pattern: /\btypeorm(?:-ts-node-\w+)?\s+schema:(?:sync|drop)\b/,
    instead:
      "a command that applies migrations: typeorm schema:sync changes the schema without them. Create them with typeorm migration:generate, commit them, and apply them with typeorm migration:run",
  },
  {
    pattern: /\bmikro-orm\s+schema:(?:update|drop|fresh)\b/,
    instead:
      "a command that applies migrations, such as mikro-orm migration:up: mikro-orm schema changes the schema without them",
  },
  {
    pattern: /\bsequelize(?:-cli)?\s+db:(?:drop|migrate:undo\S*)/,
    instead: "sequelize-cli db:migrate, which applies migrations",
  },
  {
    pattern: /\bknex\s+migrate:(?:rollback|down)\b/,
    instead: "knex migrate:latest, which applies migrations",
  },
];

/** Why a command must not change the database of a stage, as what is expected instead; `undefined` if it may. */
export function refusedCommand(command: readonly string[]): string | undefined {
  const text = command
    .map((word) => word.replace(/^.*\/(?=[\w.@-]+$)/, "").replace(/(?<=\w)@[\w.^~-]+$/, ""))
    .join(" ");
  return refusals.find(({ pattern }) => pattern.test(text))?.instead;
}
