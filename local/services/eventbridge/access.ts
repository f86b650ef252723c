import type { AccessRules, Cloud } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html */
export function accessRules(cloud: Cloud): AccessRules<"eventbridge"> {
  const rule = (name: string | undefined) => ({ resources: [cloud.arn("events", `rule/${name}`)] });
  const named = ({ Name }: { Name: string | undefined }) => rule(Name);
  const passedRoles = (roles: readonly (string | undefined)[]) => ({
    passedRoles: roles.filter((role) => role !== undefined),
    context: { "iam:PassedToService": "events.amazonaws.com" },
  });
  return {
    putRule: ({ Name, RoleArn }) => ({ ...rule(Name), ...passedRoles([RoleArn]) }),
    deleteRule: named,
    describeRule: named,
    enableRule: named,
    disableRule: named,
    putTargets: ({ Rule, Targets }) => ({ ...rule(Rule), ...passedRoles(Targets.map(({ RoleArn }) => RoleArn)) }),
    removeTargets: ({ Rule }) => rule(Rule),
    listTargetsByRule: ({ Rule }) => rule(Rule),
    putEvents: ({ Entries }) => ({
      resources: [cloud.arn("events", "event-bus/default")],
      context: {
        ...sharedValue(
          "events:source",
          Entries.map(({ Source }) => Source),
        ),
        ...sharedValue(
          "events:detail-type",
          Entries.map(({ DetailType }) => DetailType),
        ),
      },
    }),
  };
}

// differs from AWS: entries with different values have none, so a policy that requires one denies them together.
function sharedValue(key: string, values: readonly (string | undefined)[]): Record<string, string> {
  const [value, ...others] = new Set(values);
  return value === undefined || others.length > 0 ? {} : { [key]: value };
}
