import { CreateDBSnapshotCommand } from "@aws-sdk/client-rds";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";
import { rdsOf } from "#test/support/rds.ts";

/** A control plane for tests that kill it: starts a snapshot and reports that it has started. */
const local = await startTestCloud({ services: [rds], directory: process.argv[2] ?? "" });
const { client } = rdsOf(local);
await client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "shop", DBSnapshotIdentifier: "cut-off" }));
console.log("creating");
