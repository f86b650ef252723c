import { ModifyDBInstanceCommand, RestoreDBInstanceFromDBSnapshotCommand } from "@aws-sdk/client-rds";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";
import { rdsOf } from "#test/support/rds.ts";

/** A control plane for tests that kill it: starts a restore or a rename and reports that it has started. */
const [directory = "", what, from = "", to = ""] = process.argv.slice(2);
const { client } = rdsOf(await startTestCloud({ services: [rds], directory }));
if (what === "restore")
  await client.send(
    new RestoreDBInstanceFromDBSnapshotCommand({ DBSnapshotIdentifier: from, DBInstanceIdentifier: to }),
  );
else
  await client.send(
    new ModifyDBInstanceCommand({ DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true }),
  );
console.log("begun");
