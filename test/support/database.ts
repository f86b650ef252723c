import { Client, type QueryResultRow } from "pg";

/** Runs one query over a connection of its own and returns the rows. */
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
