import { escapeIdentifier, escapeLiteral } from "pg";
import { admin } from "./configuration.ts";

export interface Master {
  username: string;
  /** SCRAM verifier of the password. */
  verifier: string;
}

/**
 * Databases and roles of a new DB instance.
 * as AWS: the master user is no superuser; it owns the databases and is a member of `rds_superuser`.
 */
export function setUpStatements(master: Master, databaseName: string | undefined): string[] {
  const user = escapeIdentifier(master.username);
  return [
    `CREATE DATABASE ${admin.database} OWNER ${admin.user}`,
    "CREATE ROLE rds_superuser NOLOGIN",
    "GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION",
    `CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD ${escapeLiteral(master.verifier)}`,
    `GRANT rds_superuser TO ${user} WITH ADMIN OPTION`,
    `ALTER DATABASE postgres OWNER TO ${user}`,
    `ALTER DATABASE template1 OWNER TO ${user}`,
    ...(databaseName === undefined || databaseName === "postgres"
      ? []
      : [`CREATE DATABASE ${escapeIdentifier(databaseName)} OWNER ${user}`]),
  ];
}

export function passwordStatement(master: Master): string {
  return `ALTER ROLE ${escapeIdentifier(master.username)} PASSWORD ${escapeLiteral(master.verifier)}`;
}
