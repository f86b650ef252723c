import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import { groupOperations } from "./operations/groups.ts";
import { putOperations } from "./operations/put-log-events.ts";
import { readOperations } from "./operations/read-log-events.ts";
import { streamOperations } from "./operations/streams.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const cloudwatchLogs = defineService({
  name: "cloudwatch-logs",
  iamPrefix: "logs",
  reads,
  inert,
  validation: { invalid: "InvalidParameterException" },
  paging: {
    maxSize: 50,
    invalidSize: "InvalidParameterException",
    invalidToken: "InvalidParameterException",
    operations: { filterLogEvents: { maxSize: 10_000 } },
  },
  create(cloud) {
    const deps = { cloud, store: openStore(cloud.store) };
    return {
      operations: {
        ...groupOperations(deps),
        ...streamOperations(deps),
        ...putOperations(deps),
        ...readOperations(deps),
      },
      access,
      resources: createResources(deps),
    };
  },
});
