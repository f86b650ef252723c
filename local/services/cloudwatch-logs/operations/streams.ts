import type { Deps } from "../deps.ts";
import { fault, invalidParameter } from "../faults.ts";
import { findGroup, findStream, groupNameOf } from "../group-name.ts";
import type { Operations } from "../reads.ts";
import type { LogStream } from "../store.ts";

export const streamOperations = ({ cloud, store }: Deps) =>
  ({
    createLogStream({ logGroupName, logStreamName }) {
      if (!/^[^:*]{1,512}$/.test(logStreamName))
        throw invalidParameter(
          `The log stream name "${logStreamName}" is not valid. Fix: use 1 to 512 characters without : and *`,
        );
      const group = findGroup(store, logGroupName);
      if (store.stream(logGroupName, logStreamName))
        throw fault("ResourceAlreadyExistsException", "The specified log stream already exists");
      store.addStream(group, logStreamName, cloud.clock.now());
      return {};
    },
    deleteLogStream({ logGroupName, logStreamName }) {
      store.deleteStream(logGroupName, findStream(store, logGroupName, logStreamName).name);
      return {};
    },
    describeLogStreams(input) {
      const group = findGroup(store, groupNameOf(input)).name;
      const { orderBy, descending, logStreamNamePrefix: prefix } = input;
      const byTime = orderBy === "LastEventTime";
      if (byTime && prefix !== undefined)
        throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
      const sortKey = ({ name, lastEventTimestamp = 0 }: LogStream) =>
        byTime ? `${String(lastEventTimestamp).padStart(15, "0")}/${name}` : name;
      const sorted = store.streams(group, prefix).toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
      return {
        logStreams: (descending ? sorted.toReversed() : sorted).map(({ name, number: _number, ...times }) => ({
          logStreamName: name,
          arn: cloud.arn("logs", `log-group:${group}:log-stream:${name}`),
          storedBytes: 0,
          ...times,
        })),
      };
    },
  }) satisfies Partial<Operations>;
