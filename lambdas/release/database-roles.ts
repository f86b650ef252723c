import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { databaseClient, type DatabaseSecret } from "./database-client.ts";
import { scramVerifier } from "./scram-verifier.ts";

/**
 * Roles of the app's database. Migrations create all objects as `owner`, whichever login they use; the app reads and writes rows.
 * docs/decisions/0004-roles-in-the-database.md
 */
const owner = "lockstep_owner";
const app = "lockstep_app";

export type Login = Pick<DatabaseSecret, "username" | "password">;

export interface Logins {
  readonly app: Login;
  readonly migrations: Login;
}

/** Creates the roles that are missing and sets the passwords of the logins. Can be repeated, also on a restored instance. */
export async function provideRoles(master: DatabaseSecret, logins: Logins): Promise<void> {
  await asMaster(master, async (client) => {
    await client.query("BEGIN");
    await createRoles(client, logins);
    await assignOwner(client, master.dbname);
    await grantRows(client, master.dbname);
    await client.query("COMMIT");
  });
}

/** Sessions of a login. A task whose pool has no open connection has none. */
export async function countSessions(master: DatabaseSecret, login: string): Promise<number> {
  const sql = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = $1";
  return asMaster(master, async (client) => (await client.query<{ count: number }>(sql, [login])).rows[0]?.count ?? 0);
}

async function asMaster<Result>(master: DatabaseSecret, run: (client: Client) => Promise<Result>): Promise<Result> {
  const client = databaseClient(master, "lockstep-roles");
  try {
    await client.connect();
    return await run(client);
  } finally {
    await client.end().catch(() => {}); // the connection may already be broken
  }
}

async function createRoles(client: Client, logins: Logins): Promise<void> {
  const names = [owner, app, logins.app.username, logins.migrations.username];
  const { rows } = await client.query<{ name: string }>("SELECT rolname AS name FROM pg_roles");
  for (const name of names)
    if (!rows.some((role) => role.name === name)) await client.query(`CREATE ROLE ${escapeIdentifier(name)}`);
  for (const { username, password } of [logins.app, logins.migrations])
    await client.query(
      `ALTER ROLE ${escapeIdentifier(username)} LOGIN PASSWORD ${escapeLiteral(scramVerifier(password))}`,
    );
  const migrations = escapeIdentifier(logins.migrations.username);
  await client.query(`GRANT ${owner} TO ${migrations}, CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
  await client.query(`ALTER ROLE ${migrations} SET role TO ${owner}`);
  await client.query(`GRANT ${app} TO ${escapeIdentifier(logins.app.username)}`);
}

/** What the master user created before, such as the tables of a snapshot without these roles, belongs to the owner, too. */
async function assignOwner(client: Client, database: string): Promise<void> {
  await client.query(`ALTER DATABASE ${escapeIdentifier(database)} OWNER TO ${owner}`);
  const sql =
    "SELECT FROM pg_class WHERE relowner = CURRENT_USER::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')";
  const { rowCount } = await client.query(`${sql} LIMIT 1`);
  if (rowCount !== 0) await client.query(`REASSIGN OWNED BY CURRENT_USER TO ${owner}`);
}

const ownSchemas = `
  SELECT format('%I', nspname) AS name FROM pg_namespace
   WHERE nspowner IN ('${owner}'::regrole, 'pg_database_owner'::regrole)`;
const ownRelations = `
  SELECT format('%I.%I', nspname, relname) AS name, relkind = 'S' AS sequence
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
   WHERE relowner = '${owner}'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND nspname NOT LIKE 'pg_%'`;

async function grantRows(client: Client, database: string): Promise<void> {
  const rows = "SELECT, INSERT, UPDATE, DELETE";
  const values = "USAGE, SELECT, UPDATE";
  const schemas = (await client.query<{ name: string }>(ownSchemas)).rows;
  const relations = (await client.query<{ name: string; sequence: boolean }>(ownRelations)).rows;
  const grants = [
    `GRANT CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(database)} TO ${app}`,
    ...schemas.map(({ name }) => `GRANT USAGE ON SCHEMA ${name} TO ${app}`),
    ...relations.map(({ name, sequence }) =>
      sequence ? `GRANT ${values} ON SEQUENCE ${name} TO ${app}` : `GRANT ${rows} ON ${name} TO ${app}`,
    ),
    ...[`${rows} ON TABLES`, `${values} ON SEQUENCES`, "USAGE ON SCHEMAS"].map(
      (privileges) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ${privileges} TO ${app}`,
    ),
  ];
  for (const grant of grants) await client.query(grant);
}
