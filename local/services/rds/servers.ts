import type { Cloud } from "#local/cloud/index.ts";
import { freePort, writeFileAtomic, type HostedProcess } from "#local/kernel/index.ts";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Client } from "pg";
import { issueCertificate, openAuthority, type Authority } from "./postgres/certificates.ts";
import { adoptCluster, clusterFolders, evictStray, startCluster, stopCluster } from "./postgres/cluster.ts";
import { configureCluster } from "./postgres/configuration.ts";
import { asAdmin, type AdminAccess } from "./postgres/connection.ts";
import type { PostgresHost } from "./postgres/host.ts";
import type { Instance, RdsStore } from "./store.ts";

const attempts = 5;
const readySeconds = 600;

class PostgresDidNotStart extends Error {
  override readonly name = "PostgresDidNotStart";
}

/** The PostgreSQL servers of all DB instances: processes that outlive the control plane. */
export interface Servers {
  host: PostgresHost;
  adminPassword: string;
  folderOf(instance: Instance): string;
  /** Adopts the instance's server or starts it; it answers when this returns. */
  ensureRunning(instance: Instance): Promise<void>;
  stop(instance: Instance): Promise<void>;
  administer<R>(instance: Instance, work: (client: Client) => Promise<R>): Promise<R>;
  access(instance: Instance): Promise<AdminAccess>;
  /** Creates the certificate authority, unless an earlier run did. */
  prepare(): Promise<void>;
  /** Stops supervising; the servers keep running. */
  detach(): void;
}

export interface ServersContext {
  cloud: Cloud;
  store: RdsStore;
  host: PostgresHost;
  onCrash(resourceId: string): void;
}

export function createServers(context: ServersContext): Servers {
  const { cloud, store, host } = context;
  const directory = cloud.directory("rds");
  const adminPassword = keptSecret(path.join(directory, "rdsadmin-password"), () => cloud.ids.secret());
  const running = new Map<string, HostedProcess>();
  let authority: Promise<Authority> | undefined;
  const openedAuthority = () => (authority ??= openAuthority(directory));
  const folderOf = (instance: Instance) => path.join(host.directory, "instances", instance.resourceId);

  const access = async (instance: Instance): Promise<AdminAccess> => ({
    port: store.ports.get(instance.identifier) ?? 0,
    password: adminPassword,
    authority: (await openedAuthority()).certificate,
  });

  const supervise = (instance: Instance, server: HostedProcess) => {
    running.set(instance.resourceId, server);
    const onExit = () => {
      if (running.get(instance.resourceId) !== server) return;
      running.delete(instance.resourceId);
      context.onCrash(instance.resourceId);
    };
    server.exited.then(onExit, onExit);
  };

  const start = async (instance: Instance): Promise<HostedProcess> => {
    const folder = folderOf(instance);
    const certificate = await issueCertificate(await openedAuthority());
    const parameters = store.groups.get(`DBParameterGroup/${instance.settings.DBParameterGroupName}`)?.parameters ?? {};
    configureCluster(host, clusterFolders(folder).data, { certificate, parameters });
    for (let attempt = 1; ; attempt += 1) {
      await evictStray(folder); // first: it uses the port
      const port = await choosePort(context, instance.identifier);
      const server = await startCluster(host, folder, port);
      if (await becomesReady(cloud, server, await access(instance))) return server;
      // A port taken in the meantime, or shared memory of a killed server that is just going away.
      if (attempt === attempts) throw new PostgresDidNotStart(`${instance.identifier}: ${lastLines(server)}`);
      await pause(cloud, 0.5);
    }
  };

  return {
    host,
    adminPassword,
    folderOf,
    access,
    async ensureRunning(instance) {
      if (running.get(instance.resourceId)?.isRunning()) return;
      const adopted = adoptCluster(folderOf(instance));
      const ready = adopted && (await becomesReady(cloud, adopted, await access(instance)));
      supervise(instance, adopted && ready ? adopted : await start(instance));
    },
    async stop(instance) {
      const server = running.get(instance.resourceId) ?? adoptCluster(folderOf(instance));
      running.delete(instance.resourceId);
      if (server) await stopCluster(server, cloud.clock);
    },
    administer: async (instance, work) => asAdmin(await access(instance), work),
    prepare: async () => void (await openedAuthority()),
    detach: () => running.clear(),
  };
}

/** The port of the name; another one when another process has taken it. */
async function choosePort({ cloud, store }: ServersContext, identifier: string): Promise<number> {
  const stored = store.ports.get(identifier);
  if (stored !== undefined && (await freePort(stored)) === stored) return stored;
  const taken = new Set(store.ports.list());
  for (let port = firstPort(cloud.directory("rds")); ; port += 1) {
    if (taken.has(port) || (await freePort(port)) !== port) continue;
    if (stored !== undefined) cloud.portTaken(`database ${identifier}`, stored);
    store.ports.put(identifier, port);
    return port;
  }
}

/** A hundred ports for each state directory, so that one local cloud does not take the port of another's instance that is just restarting. */
function firstPort(directory: string): number {
  return 15_400 + 100 * (createHash("sha256").update(directory).digest().readUInt16BE() % 100);
}

/** Whether the server answers; false when it ends instead. */
async function becomesReady(cloud: Cloud, server: HostedProcess, access: AdminAccess): Promise<boolean> {
  const deadline = cloud.clock.now() + readySeconds * 1000;
  let reason: unknown;
  while (server.isRunning()) {
    cloud.stopping.throwIfAborted();
    if (cloud.clock.now() > deadline)
      throw new PostgresDidNotStart(`No answer in ${readySeconds} s`, { cause: reason });
    try {
      await asAdmin(access, (client) => client.query("SELECT 1"));
      return true;
    } catch (error) {
      reason = error;
      await pause(cloud, 0.03);
    }
  }
  return false;
}

const pause = ({ clock }: Cloud, seconds: number) =>
  new Promise<void>((resolve) => {
    clock.afterLimit(seconds, resolve);
  });

function lastLines(server: HostedProcess): string {
  return readFileSync(server.outputFile, "utf8").trim().split("\n").slice(-5).join("\n");
}

function keptSecret(file: string, make: () => string): string {
  if (!existsSync(file)) writeFileAtomic(file, make());
  return readFileSync(file, "utf8");
}
