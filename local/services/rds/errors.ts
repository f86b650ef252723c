import { DBInstanceNotFoundFault, DBSnapshotNotFoundFault, InvalidDBInstanceStateFault } from "@aws-sdk/client-rds";
import { awsError } from "#local/cloud/index.ts";

export const invalidValue = (message: string) => awsError("InvalidParameterValue", message);
export const invalidCombination = (message: string) => awsError("InvalidParameterCombination", message);

export const instanceNotFound = (identifier: string) =>
  new DBInstanceNotFoundFault({ message: `DBInstance ${identifier} not found.`, $metadata: {} });

export const snapshotNotFound = (identifier: string) =>
  new DBSnapshotNotFoundFault({ message: `DBSnapshot ${identifier} not found.`, $metadata: {} });

export const instanceNotAvailable = (identifier: string, status: string) =>
  new InvalidDBInstanceStateFault({
    message: `Instance ${identifier} is not in the available state: it is ${status}.`,
    $metadata: {},
  });
