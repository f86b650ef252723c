import { fault, invalidParameter } from "./faults.ts";
import type { LogGroup, LogStore, LogStream } from "./store.ts";

/** A request names a group by its name, or by an identifier that is a name or ARN. */
export function groupNameOf(input: {
  logGroupName?: string | undefined;
  logGroupIdentifier?: string | undefined;
}): string {
  const { logGroupName, logGroupIdentifier } = input;
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined)) {
    throw invalidParameter("Exactly one of logGroupName and logGroupIdentifier is required.");
  }
  return (
    logGroupName ??
    /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(logGroupIdentifier ?? "")?.[1] ??
    logGroupIdentifier ??
    ""
  );
}

export function findGroup(store: LogStore, name: string): LogGroup {
  const group = store.group(name);
  if (!group) throw fault("ResourceNotFoundException", "The specified log group does not exist.");
  return group;
}

export function findStream(store: LogStore, group: string, name: string): LogStream {
  const stream = store.stream(findGroup(store, group).name, name);
  if (!stream) throw fault("ResourceNotFoundException", "The specified log stream does not exist.");
  return stream;
}
