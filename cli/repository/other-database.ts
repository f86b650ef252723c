import { dependsOn, type Manifest } from "./manifest.ts";
import { observe, type Observation } from "./observation.ts";
import { locate, type Repository } from "./repository.ts";

const clients: Readonly<Record<string, string>> = {
  mysql2: "MySQL",
  mysql: "MySQL",
  mariadb: "MariaDB",
  mongodb: "MongoDB",
  mongoose: "MongoDB",
  "better-sqlite3": "SQLite",
  sqlite3: "SQLite",
  mssql: "SQL Server",
  oracledb: "Oracle",
};
const postgres = ["pg", "postgres", "@prisma/adapter-pg", "pg-promise", "slonik", "@neondatabase/serverless"];
const prismaProvider = /^\s*provider\s*=\s*"(sqlite|mysql|mongodb|sqlserver|cockroachdb)"/m;

/** A database that a stage does not have. */
export function findOtherDatabase(repository: Repository, manifest: Manifest): Observation<string> | undefined {
  if (postgres.some((name) => dependsOn(manifest, name))) return undefined;
  const schema = repository.files.find(
    (file) => file.endsWith(".prisma") && prismaProvider.test(repository.read(file) ?? ""),
  );
  if (schema !== undefined) {
    const provider = prismaProvider.exec(repository.read(schema) ?? "")?.[1] ?? "";
    return observe(provider, locate(repository, schema, prismaProvider), "the provider of Prisma's schema");
  }
  const client = Object.keys(clients).find((name) => Object.hasOwn(manifest.dependencies, name));
  return client === undefined
    ? undefined
    : observe(clients[client] ?? client, manifest.file, `it depends on ${client}`);
}
