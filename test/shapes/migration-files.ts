import { readFileSync } from "node:fs";
import path from "node:path";

/** Contents of new or changed files, by path. */
export type Files = Readonly<Record<string, string>>;

type Migration = (statement: string, number: number) => Files;

const newest = 2_000_000_000_000; // later than the fixtures' own

/** `0100_change.sql` */
export const sqlFile =
  (folder: string): Migration =>
  (statement, number) => ({ [`${folder}/${100 + number}_change.sql`]: `${statement};\n` });

export const nodePgMigrateFile: Migration = (statement, number) => ({
  [`migrations/${newest + number}_change.sql`]: `-- Up Migration\n${statement};\n\n-- Down Migration\n`,
});

export const prismaFolder: Migration = (statement, number) => ({
  [`prisma/migrations/${20_300_101_000_000 + number}_change/migration.sql`]: `${statement};\n`,
});

export const knexFile: Migration = (statement, number) => ({
  [`db/migrations/${20_300_101_000_000 + number}_change.js`]: `export const up = (knex) => knex.raw(${JSON.stringify(statement)});\nexport const down = () => undefined;\n`,
});

export const typeormFile: Migration = (statement, number) => {
  const name = `Change${newest + number}`;
  return {
    [`src/migrations/${newest + number}-Change.ts`]: `import type { MigrationInterface, QueryRunner } from "typeorm";

export class ${name} implements MigrationInterface {
  name = "${name}";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(${JSON.stringify(statement)});
  }

  async down(): Promise<void> {}
}
`,
  };
};

export const kyselyFile: Migration = (statement, number) => ({
  [`src/migrations/2030-01-0${number}_change.ts`]: `import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(${JSON.stringify(statement)}).execute(db);
}
`,
});

const journalFile = "drizzle/meta/_journal.json";

interface Journal {
  entries: object[];
}

/** With its entry in the journal, after those of earlier calls. */
export function drizzleFile(app: string): Migration {
  const text = readFileSync(path.join(app, journalFile), "utf8");
  const journal = JSON.parse(text) as Journal; // drizzle-kit's own file
  return (statement, number) => {
    const tag = `${String(journal.entries.length).padStart(4, "0")}_change`;
    const entry = { idx: journal.entries.length, version: "7", when: newest + number, tag, breakpoints: true };
    journal.entries.push(entry);
    return { [`drizzle/${tag}.sql`]: `${statement};\n`, [journalFile]: JSON.stringify(journal, null, 2) };
  };
}
