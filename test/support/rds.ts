import {
  CreateDBInstanceCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
  waitUntilDBInstanceAvailable,
  waitUntilDBSnapshotAvailable,
  type DBInstance,
} from "@aws-sdk/client-rds";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import type { TestCloud } from "./local-cloud.ts";

export const password = "correct-horse-battery";
const waits = { maxWaitTime: 60, minDelay: 0.1, maxDelay: 0.2 };

/** The RDS of a test cloud through its official client, and its databases through pg. */
export function rdsOf(local: TestCloud) {
  const client = local.client(RDSClient);
  const describe = async (DBInstanceIdentifier: string): Promise<DBInstance> => {
    const { DBInstances } = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
    const [instance] = DBInstances ?? [];
    if (!instance) throw new Error(`${DBInstanceIdentifier} not found`);
    return instance;
  };
  return {
    client,
    describe,
    available: (DBInstanceIdentifier: string) =>
      waitUntilDBInstanceAvailable({ client, ...waits }, { DBInstanceIdentifier }),
    snapshotAvailable: (DBSnapshotIdentifier: string) =>
      waitUntilDBSnapshotAvailable({ client, ...waits }, { DBSnapshotIdentifier }),
    status: (identifier: string) =>
      describe(identifier).then(
        ({ DBInstanceStatus }) => DBInstanceStatus,
        (error: Error) => error.name,
      ),
    async snapshotStatus(DBSnapshotIdentifier: string) {
      const { DBSnapshots } = await client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
      return DBSnapshots?.[0]?.Status;
    },
    create: (change: object = {}) =>
      client.send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier: "shop",
          DBInstanceClass: "db.t4g.micro",
          Engine: "postgres",
          AllocatedStorage: 20,
          DBName: "shop",
          MasterUsername: "lockstep",
          MasterUserPassword: password,
          ...change,
        }),
      ),
    connect: async (identifier: string, options: object = {}) => {
      const { Endpoint } = await describe(identifier);
      const connection = new Client({ ...settings(local, Endpoint?.Port), ...options });
      connection.on("error", () => undefined);
      await connection.connect();
      return connection;
    },
  };
}

/** Connection settings of the database at a port. */
export const settings = (local: TestCloud, port = 0) => ({
  host: "127.0.0.1",
  port,
  user: "lockstep",
  password,
  database: "shop",
  ssl: { ca: readFileSync(path.join(local.directory, "rds", "rds-ca.pem"), "utf8") },
});
