import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client, type QueryResultRow } from "pg";
import { expect, vi } from "vitest";
import { freePort } from "#local/kernel/index.ts";
import { preparePostgresHost } from "#local/services/rds/postgres/host.ts";

export interface OpenedSnapshot {
  query<R extends QueryResultRow>(sql: string): Promise<R[]>;
  close(): Promise<void>;
}

/** Starts PostgreSQL on a copy of the newest snapshot of a local cloud, independently of its control plane. */
export async function openNewestSnapshot(stateDirectory: string, databaseUrl: string): Promise<OpenedSnapshot> {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-snapshot-"));
  const { postgres, user } = preparePostgresHost(directory);
  const data = path.join(directory, "data");
  execFileSync("cp", ["-a", path.join(newestSnapshot(stateDirectory), "data"), data]);
  const url = new URL(databaseUrl);
  url.port = String(await freePort());
  const server = spawn(postgres, ["-D", data, "-p", url.port], {
    ...user,
    cwd: data,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: string[] = [];
  server.stderr.setEncoding("utf8").on("data", (words: string) => said.push(words));
  const ended = once(server, "exit");
  const close = async () => {
    server.kill("SIGINT");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const client = await vi.waitFor(() => connect(url, said), { timeout: 30_000, interval: 100 });
    return {
      query: async <R extends QueryResultRow>(sql: string) => (await client.query<R>(sql)).rows,
      async close() {
        await client.end();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function connect(url: URL, said: readonly string[]): Promise<Client> {
  const client = new Client({ connectionString: url.href });
  const failure = await client.connect().then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(failure, said.join("")).toBeUndefined();
  return client;
}

function newestSnapshot(stateDirectory: string): string {
  const parent = path.join(stateDirectory, "rds", "snapshots");
  const folders = readdirSync(parent).map((folder) => path.join(parent, folder));
  const newest = folders.toSorted((a, b) => statSync(b).birthtimeMs - statSync(a).birthtimeMs)[0];
  if (newest === undefined) throw new Error(`No snapshot in ${parent}`);
  return newest;
}
