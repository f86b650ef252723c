import type { AccessRules } from "#local/cloud/index.ts";
import { groupNameOf } from "./group-name.ts";

// as AWS: actions on a whole group are authorized on its streams, so that policies on `log-group:NAME:*` cover them.
const group = "log-group:{logGroupName}:log-stream:";
const stream = "log-group:{logGroupName}:log-stream:{logStreamName}";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html */
export const access: AccessRules<"cloudwatch-logs"> = {
  createLogGroup: group,
  deleteLogGroup: group,
  describeLogGroups: () => ({ resources: ["log-group::log-stream:"] }),
  createLogStream: stream,
  deleteLogStream: stream,
  describeLogStreams: (input) => ({ resources: [`log-group:${groupNameOf(input)}:log-stream:`] }),
  putLogEvents: stream,
  getLogEvents: (input) => ({ resources: [`log-group:${groupNameOf(input)}:log-stream:${input.logStreamName}`] }),
  filterLogEvents: (input) => ({ resources: [`log-group:${groupNameOf(input)}:log-stream:`] }),
};
