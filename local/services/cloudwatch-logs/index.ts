import { defineService } from "#local/cloud/index.ts";
import { groupNameOf } from "./group-name.ts";
import { createOperations } from "./operations.ts";
import { logGroupResource } from "./resources.ts";
import { createLogStore } from "./store.ts";

export const cloudwatchLogs = defineService({
  name: "cloudwatch-logs",
  iamPrefix: "logs",
  create(cloud) {
    const store = createLogStore(cloud.store);
    // as AWS: even what touches a whole group asks for its streams, so that policies on `log-group:NAME:*` hold.
    const on = (group: string, stream = "") => ({
      resources: [cloud.arn("logs", `log-group:${group}:log-stream:${stream}`)],
    });
    return {
      operations: createOperations(cloud, store),
      access: {
        createLogGroup: ({ logGroupName }) => on(logGroupName),
        deleteLogGroup: ({ logGroupName }) => on(logGroupName),
        createLogStream: ({ logGroupName, logStreamName }) => on(logGroupName, logStreamName),
        deleteLogStream: ({ logGroupName, logStreamName }) => on(logGroupName, logStreamName),
        putLogEvents: ({ logGroupName, logStreamName }) => on(logGroupName, logStreamName),
        describeLogGroups: () => on(""),
        describeLogStreams: (input) => on(groupNameOf(input)),
        getLogEvents: (input) => on(groupNameOf(input), input.logStreamName),
        filterLogEvents: (input) => on(groupNameOf(input)),
      },
      resources: [logGroupResource(cloud, store)],
    };
  },
});
