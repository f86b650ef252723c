import type { Deps } from "../deps.ts";
import { fault, invalidParameter } from "../faults.ts";
import { findGroup } from "../group-name.ts";
import type { Operations } from "../reads.ts";

export const groupOperations = ({ cloud, store }: Deps) =>
  ({
    createLogGroup({ logGroupName }) {
      if (!/^[\w./#-]{1,512}$/.test(logGroupName))
        throw invalidParameter(
          `The log group name "${logGroupName}" is not valid. Fix: use 1 to 512 of the characters a-z A-Z 0-9 . _ - / #`,
        );
      if (store.group(logGroupName))
        throw fault("ResourceAlreadyExistsException", "The specified log group already exists");
      store.putGroup({ name: logGroupName, creationTime: cloud.clock.now(), storedBytes: 0, streamCount: 0 });
      return {};
    },
    deleteLogGroup({ logGroupName }) {
      store.deleteGroup(findGroup(store, logGroupName).name);
      return {};
    },
    describeLogGroups({ logGroupNamePrefix, logGroupNamePattern = "" }) {
      const groups = store
        .groups(logGroupNamePrefix)
        .filter(({ name }) => name.toLowerCase().includes(logGroupNamePattern.toLowerCase()));
      return {
        logGroups: groups.map(({ name, creationTime, retentionInDays, storedBytes }) => {
          const logGroupArn = cloud.arn("logs", `log-group:${name}`);
          return {
            logGroupName: name,
            logGroupArn,
            arn: `${logGroupArn}:*`,
            creationTime,
            metricFilterCount: 0,
            storedBytes,
            logGroupClass: "STANDARD" as const,
            retentionInDays,
          };
        }),
      };
    },
  }) satisfies Partial<Operations>;
