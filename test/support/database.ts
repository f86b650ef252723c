import { Client, type QueryResultRow } from "pg";

/** Rows that a database answers, over a connection of this question alone. */
export async function queryDatabase<R extends QueryResultRow>(
  connectionString: string,
  sql: string,
  values: unknown[] = [],
): Promise<R[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<R>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
