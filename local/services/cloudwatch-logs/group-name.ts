import { invalidParameter } from "./errors.ts";

/** A group is told by name, or by name or ARN as identifier. */
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
