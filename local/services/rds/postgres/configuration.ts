import { chownSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ServerCertificate } from "./certificates.ts";
import type { PostgresHost } from "./host.ts";

/** Owns every cluster and does what RDS does behind the scenes; named like RDS's own. */
export const admin = { user: "rdsadmin", database: "rdsadmin" } as const;

// as AWS: only TLS (rds.force_ssl = 1 from PostgreSQL 15 on), only SCRAM, and only RDS itself can log in as rdsadmin.
const clientAuthentication = `
hostssl ${admin.database} ${admin.user} 127.0.0.1/32 scram-sha-256
host    all        ${admin.user} all          reject
host    ${admin.database} all      all          reject
hostssl all        all      127.0.0.1/32 scram-sha-256
`;

const settings = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_min_protocol_version = 'TLSv1.2'
max_connections = 100
shared_buffers = 128MB
wal_level = replica
max_wal_size = 1GB
min_wal_size = 64MB
max_replication_slots = 10
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d: '
`;

/** Rewrites the whole configuration, so that a cluster that was copied or created by an earlier version gets the current one. */
export function configureCluster(
  host: PostgresHost,
  data: string,
  { certificate, parameters }: { certificate: ServerCertificate; parameters: Readonly<Record<string, string>> },
): void {
  const chosen = Object.entries(parameters).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  const files = {
    "postgresql.conf": settings + chosen.join(""),
    "postgresql.auto.conf": "",
    "pg_hba.conf": clientAuthentication,
    "pg_ident.conf": "",
    "server.crt": certificate.certificate,
    "server.key": certificate.key,
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(data, name);
    writeFileSync(file, content, { mode: 0o600 });
    if (host.user) chownSync(file, host.user.uid, host.user.gid);
  }
}
