import type { Client, QueryResultRow } from "pg";
import type { Finding } from "../../core/record.ts";
import { type DatabaseSecret, queryDatabase } from "../../release/database-client.ts";
import type { LedgerState } from "../../release/ledgers/ledger.ts";
import type { StageLedger } from "../../release/ledgers/open-ledger.ts";
import type { Relations } from "./findings.ts";

/** What Plan reads from the database of the stage; no data of the app. */
export interface DatabaseState {
  /** The applied migrations. */
  readonly ledger: LedgerState;
  readonly relations: Relations;
  /** Indexes left by a failed CREATE INDEX CONCURRENTLY. */
  readonly invalidIndexes: readonly { readonly index: string; readonly table: string }[];
  readonly transactions: readonly Transaction[];
  /** Sessions of migration tasks. */
  readonly migrations: readonly Session[];
  readonly connections: {
    readonly max: number;
    readonly reserved: number;
    readonly used: number;
    readonly ofApp: number;
  };
}

export interface Session {
  readonly pid: number;
  readonly application: string;
  readonly seconds: number;
}

export interface Transaction extends Session {
  /** e.g. `idle in transaction` */
  readonly state: string;
}

/** The application name of the sessions of migration tasks. */
export const migrationSession = "lockstep-migrate";
const ownSessions = "lockstep-%";

/** Reads the state of the database over one connection. */
export async function inspectDatabase(
  database: DatabaseSecret,
  ledger: Pick<StageLedger, "read">,
  findings: readonly Finding[] = [],
): Promise<DatabaseState> {
  return queryDatabase(database, { name: "lockstep-plan", consequence: "Nothing was changed." }, async (client) => ({
    ledger: await ledger.read(client),
    relations: await readRelations(client, findings),
    invalidIndexes: await query(client, invalidIndexes),
    transactions: await query(client, transactions),
    migrations: await query(client, migrations, [migrationSession]),
    connections: await readConnections(client),
  }));
}

async function query<Row extends QueryResultRow>(client: Client, sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await client.query<Row>(sql, values)).rows;
}

/** The size of an index is that of its table, of a partitioned table that of its partitions. */
const sizes = `
  WITH named AS (
    SELECT name, coalesce(i.indrelid, c.oid) AS oid
      FROM unnest($1::text[]) AS name
      JOIN pg_class c ON c.oid = to_regclass(name)
      LEFT JOIN pg_index i ON i.indexrelid = c.oid
  ), relations AS (
    SELECT name, oid FROM named
    UNION SELECT name, part.relid FROM named CROSS JOIN LATERAL pg_partition_tree(named.oid::regclass) AS part
  )
  SELECT name,
         coalesce(sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind <> 'p'), 0)::float8 AS rows,
         coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 AS bytes
    FROM relations JOIN pg_class c USING (oid) GROUP BY name`;

const plainConstraints = `
  SELECT requested.relation, requested.name
    FROM unnest($1::text[], $2::text[]) AS requested (relation, name)
    JOIN pg_constraint c ON c.conrelid = to_regclass(requested.relation) AND c.conname = requested.name
   WHERE c.contype IN ('c', 'f', 'n', 't')`;

const plainIndexes = `
  SELECT name FROM unnest($1::text[]) AS name JOIN pg_index i ON i.indexrelid = to_regclass(name) WHERE NOT i.indisunique`;

async function readRelations(client: Client, findings: readonly Finding[]): Promise<Relations> {
  const names = [...new Set(findings.flatMap(({ relation }) => relation ?? []))];
  const dropped = findings.filter(({ constraint }) => constraint !== undefined);
  const columns = [dropped.map(({ relation }) => relation), dropped.map(({ constraint }) => constraint)];
  const sizeRows = await query<{ name: string; rows: number; bytes: number }>(client, sizes, [names]);
  const plain = await query<{ relation: string; name: string }>(client, plainConstraints, columns);
  const indexes = await query<{ name: string }>(client, plainIndexes, [names]);
  return {
    sizes: new Map(sizeRows.map(({ name, rows, bytes }) => [name, { rows, bytes }])),
    plainConstraints: new Set(plain.map(({ relation, name }) => `${relation} ${name}`)),
    plainIndexes: new Set(indexes.map(({ name }) => name)),
  };
}

/** Without indexes that are being created now: they are not valid yet either. */
const invalidIndexes = `
  SELECT indexrelid::regclass::text AS index, indrelid::regclass::text AS table
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid
   WHERE NOT indisvalid AND c.relkind = 'i'
     AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
   ORDER BY 1`;

const age = (since: string) => `extract(epoch FROM clock_timestamp() - ${since})::float8`;

/** The statements of sessions are not read: they may contain data of users. */
const transactions = `
  SELECT pid, application_name AS application, ${age("xact_start")} AS seconds, state
    FROM pg_stat_activity
   WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL
  UNION ALL
  SELECT 0, gid, ${age("prepared")}, 'prepared transaction' FROM pg_prepared_xacts WHERE database = current_database()
   ORDER BY seconds DESC`;

const migrations = `
  SELECT pid, application_name AS application, ${age("backend_start")} AS seconds
    FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1`;

const connections = `
  SELECT current_setting('max_connections')::int AS max,
         current_setting('superuser_reserved_connections')::int + current_setting('reserved_connections')::int AS reserved,
         count(*)::int AS used,
         count(*) FILTER (WHERE datname = current_database() AND application_name NOT LIKE $1)::int AS "ofApp"
    FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender')`;

async function readConnections(client: Client): Promise<DatabaseState["connections"]> {
  const [row] = await query<DatabaseState["connections"]>(client, connections, [ownSessions]);
  if (!row) throw new Error("pg_stat_activity has no rows");
  return row;
}
