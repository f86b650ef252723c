import type { Client } from "pg";

const table = "drizzle.__drizzle_migrations";

/** Creation times of the applied migrations, from Drizzle's table; empty if it does not exist. */
export async function readApplied(client: Client): Promise<number[]> {
  const { rows: names } = await client.query<{ name: string | null }>("select to_regclass($1) as name", [table]);
  if (!names[0]?.name) return [];
  // bigint arrives as text
  const { rows } = await client.query<{ at: string | null }>(`select created_at::text as at from ${table}`);
  return rows.flatMap(({ at }) => (at === null ? [] : [Number(at)]));
}
