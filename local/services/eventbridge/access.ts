import type { AccessRules } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html */
export const access: AccessRules<"eventbridge"> = {
  putRule: ({ Name, RoleArn }) => ({ resources: [`rule/${Name}`], ...passing([RoleArn]) }),
  deleteRule: "rule/{Name}",
  describeRule: "rule/{Name}",
  enableRule: "rule/{Name}",
  disableRule: "rule/{Name}",
  putTargets: ({ Rule, Targets }) => ({
    resources: [`rule/${Rule}`],
    ...passing(Targets.map(({ RoleArn }) => RoleArn)),
  }),
  removeTargets: "rule/{Rule}",
  listTargetsByRule: "rule/{Rule}",
  putEvents: ({ Entries }) => ({
    resources: ["event-bus/default"],
    context: {
      ...shared("events:source", new Set(Entries.map(({ Source }) => Source))),
      ...shared("events:detail-type", new Set(Entries.map(({ DetailType }) => DetailType))),
    },
  }),
};

const passing = (roles: readonly (string | undefined)[]) => ({
  passedRoles: roles.filter((role) => role !== undefined),
  context: { "iam:PassedToService": "events.amazonaws.com" },
});

// differs from AWS: entries with different values have none, so a policy that requires one denies them together.
function shared(key: string, [value, ...others]: Set<string | undefined>): Record<string, string> {
  return value === undefined || others.length > 0 ? {} : { [key]: value };
}
