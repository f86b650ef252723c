import { adoptProcess, processMark, startProcess, type Clock, type HostedProcess } from "#local/kernel/index.ts";
import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { PostgresHost } from "./host.ts";
import { admin } from "./configuration.ts";

const run = promisify(execFile);
const environment = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
const stopSeconds = 60;

/** Folders of one DB instance: its cluster, and what its process leaves. */
export const clusterFolders = (folder: string) => ({
  data: path.join(folder, "data"),
  process: path.join(folder, "process"),
});

/** A directory that PostgreSQL's user owns. */
export function makeFolder(host: PostgresHost, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (host.user) chownSync(folder, host.user.uid, host.user.gid);
}

/** A new cluster in a directory that is not there yet. */
export async function initializeCluster(host: PostgresHost, data: string, adminPassword: string): Promise<void> {
  const passwordFile = `${data}-password`;
  writeFileSync(passwordFile, adminPassword, { mode: 0o600 });
  if (host.user) chownSync(passwordFile, host.user.uid, host.user.gid);
  // ICU's en-US sorts as RDS's en_US.UTF-8 does, and needs no locale of the machine.
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US"];
  const access = [`--username=${admin.user}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  try {
    await run(host.initdb, ["-D", data, ...access, ...locale, "--no-instructions"], {
      ...host.user,
      cwd: path.dirname(data),
      env: environment,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Runs statements on a cluster whose server does not run: what is set up so was never open to anybody else. */
export async function executeOffline(host: PostgresHost, data: string, statements: readonly string[]): Promise<void> {
  const running = run(host.postgres, ["--single", "-j", "-D", data, "-c", "exit_on_error=on", "postgres"], {
    ...host.user,
    cwd: data,
    env: environment,
  });
  // -j: a statement ends with a semicolon and an empty line.
  running.child.stdin?.end(statements.map((statement) => `${statement};\n\n`).join(""));
  await running;
}

/** The server of a folder started by an earlier control plane, if it still runs. */
export function adoptCluster(folder: string): HostedProcess | undefined {
  const server = adoptProcess(clusterFolders(folder).process);
  return server?.isRunning() ? server : undefined;
}

export async function startCluster(host: PostgresHost, folder: string, port: number): Promise<HostedProcess> {
  const folders = clusterFolders(folder);
  makeFolder(host, folders.process);
  return startProcess({
    directory: folders.process,
    argv: [host.postgres, "-D", folders.data, "-p", String(port)],
    cwd: folders.data,
    env: { ...environment, [processMark]: host.mark },
    ...host.user,
  });
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
export async function stopCluster(server: HostedProcess, clock: Clock): Promise<void> {
  if (!server.isRunning()) return;
  server.signal("SIGINT");
  const limit = clock.afterLimit(stopSeconds, () => server.signal("SIGKILL"));
  await server.exited;
  limit.cancel();
}

/**
 * postmaster.pid of a server that was killed keeps the next one from starting when its number is another process's now; and a server whose
 * keeper was killed still runs, unseen by us.
 */
export async function evictStray(folder: string): Promise<void> {
  const { data } = clusterFolders(folder);
  const lockFile = path.join(data, "postmaster.pid");
  if (!existsSync(lockFile)) return;
  const pid = Number(readFileSync(lockFile, "utf8").split("\n", 1)[0]);
  while (workingDirectoryOf(pid) === data) {
    process.kill(pid, "SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  rmSync(lockFile, { force: true });
}

function workingDirectoryOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
