import type { ConfigInput } from "../../lib/config/index.ts";
import { checkStatement } from "./check-statement.ts";
import { configurations } from "./configurations.ts";
import { statementsOf } from "./policies.ts";
import type { Proof } from "./proof.ts";
import { synthesizeApp } from "./synthesize-app.ts";

/** Actions on all resources although they have resource types, or the reverse, and why. */
const reasons: Readonly<Record<string, string>> = {
  "cloudwatch:DescribeAlarms":
    "As AWSCodeDeployRoleForECS: the documentation does not say which alarms CodeDeploy names in its request.",
  "cloudwatch:GetMetricData": "Its type is a data set of OTLP metrics; classic metrics have no resource.",
  "cloudwatch:PutMetricData": "Its type is a data set of OTLP metrics; classic metrics are restricted by namespace.",
  "ec2:CreateNetworkInterface":
    "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: Lambda requires it on all resources.",
  "ec2:DeleteNetworkInterface":
    "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: Lambda requires it on all resources.",
  "ecs:ListTasks": "Its type is a container instance, which Fargate has none of; restricted by cluster.",
  "states:SendTaskFailure": "Allowed on the machine of the task: https://github.com/aws/aws-cdk/pull/8486.",
  "states:SendTaskHeartbeat": "Allowed on the machine of the task: https://github.com/aws/aws-cdk/pull/8486.",
  "states:SendTaskSuccess": "Allowed on the machine of the task: https://github.com/aws/aws-cdk/pull/8486.",
};

/** Every statement of the templates against AWS's service authorization reference: actions, resource types, condition keys. */
export const permissions = (chosen: Readonly<Record<string, ConfigInput>> = configurations): Proof => ({
  name: "Permissions",
  async run() {
    const directories = Object.values(chosen).map((config) => synthesizeApp(config).directory);
    const statements = (await Promise.all(directories.map(statementsOf))).flat();
    const checks = await Promise.all(
      statements.map(async (statement) => ({ statement, ...(await checkStatement(statement)) })),
    );
    const exceptions = new Set(checks.flatMap((check) => check.exceptions.map(({ action }) => action)));
    const findings = checks.flatMap(({ statement, ...check }) =>
      [
        ...check.findings,
        ...check.exceptions.filter(({ action }) => !(action in reasons)).map(({ problem }) => problem),
      ].map((finding) => `${statement.policy}: ${finding}`),
    );
    const actions = new Set(checks.flatMap((check) => check.actions.map(({ name }) => name)));
    const stale = Object.keys(reasons).filter((action) => !exceptions.has(action));
    return {
      checked: `${statements.length} statements with ${actions.size} actions, ${exceptions.size} exceptions with a reason`,
      findings: [...new Set(findings), ...stale.map((action) => `${action} has a reason but is no exception`)],
    };
  },
});
