import { chown, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "pg";
import { z } from "zod";
import { asAdmin, type AdminAccess } from "./connection.ts";
import { copyFiles, listTree, makeDirectories, type CopyJob } from "./copy.ts";

const controlFile = "global/pg_control";
const startRow = z.object({ segment: z.string() });
const stopRow = z.object({ segment: z.string(), labelfile: z.string() });

/**
 * A base backup by PostgreSQL's low-level API (https://www.postgresql.org/docs/18/continuous-archiving.html), taken while the server takes
 * writes. The result is a data directory: a server started on it recovers to the moment the backup ended.
 * It is complete when this returns; `syncTree` makes it durable.
 */
export async function backUpCluster(access: AdminAccess, job: CopyJob, label: string): Promise<void> {
  await asAdmin(access, async (client) => {
    const first = await startBackup(client, label);
    const { directories, files } = await listTree(job.source);
    makeDirectories(job, directories.filter(belongsToBackup));
    // As pg_basebackup does it: the file that makes a directory a cluster comes last.
    const data = files.filter((name) => belongsToBackup(name) && name !== controlFile);
    await copyFiles(job, data);
    await copyFiles(job, [controlFile]);
    const { segment: last, labelfile } = await stopBackup(client);
    await copyFiles(job, await segmentsBetween(job.source, first, last));
    await writeLabel(job, labelfile);
  });
}

async function startBackup(client: Client, label: string): Promise<string> {
  // The slot keeps the WAL from here on; it is temporary, so it goes with the connection, however that ends.
  await client.query("SELECT pg_create_physical_replication_slot('lockstep_snapshot', true, true)");
  const result = await client.query("SELECT pg_walfile_name(pg_backup_start($1, fast => true)) AS segment", [label]);
  return startRow.parse(result.rows[0]).segment;
}

async function stopBackup(client: Client) {
  const result = await client.query("SELECT pg_walfile_name(lsn) AS segment, labelfile FROM pg_backup_stop(false)");
  return stopRow.parse(result.rows[0]);
}

/** Leaves out what a server creates at every start and what comes with the WAL at the end. */
function belongsToBackup(name: string): boolean {
  const [folder, ...rest] = name.split("/");
  const transient = [
    "pg_wal",
    "pg_replslot",
    "pg_dynshmem",
    "pg_notify",
    "pg_serial",
    "pg_snapshots",
    "pg_stat_tmp",
    "pg_subtrans",
  ];
  if (rest.length > 0 && transient.includes(folder ?? "")) return false;
  if (["postmaster.pid", "postmaster.opts"].includes(name)) return false;
  return !/(^|\/)(pgsql_tmp|pg_internal\.init)/.test(name);
}

async function segmentsBetween(source: string, first: string, last: string): Promise<string[]> {
  const { files } = await listTree(path.join(source, "pg_wal"));
  const segments = files.filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= first && name <= last);
  if (!segments.includes(first) || !segments.includes(last))
    throw new Error(`The WAL from ${first} to ${last} that the backup needs is not in pg_wal: ${segments.join(", ")}`);
  return segments.map((name) => path.join("pg_wal", name));
}

async function writeLabel(job: CopyJob, labelfile: string): Promise<void> {
  const file = path.join(job.target, "backup_label");
  await writeFile(file, labelfile, { mode: 0o600, flush: true });
  if (job.owner) await chown(file, job.owner.uid, job.owner.gid);
}
