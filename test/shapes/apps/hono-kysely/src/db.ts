import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";

interface Database {
  links: { slug: string; url: string };
}

export const db = new Kysely<Database>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: process.env.DATABASE_URL }) }),
});
