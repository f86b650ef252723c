import { expect, it } from "vitest";
import { checkStatement } from "../prove/check-statement.ts";
import { complete, completeOnGitHub, minimalOnGitHub } from "../prove/configurations.ts";
import { featureFlags } from "../prove/feature-flags.ts";
import { guidelines } from "../prove/guidelines.ts";
import { options } from "../prove/options.ts";
import { permissions } from "../prove/permissions.ts";
import { resourceSchemas } from "../prove/resource-schemas.ts";
import { definitionProblems, stateMachines } from "../prove/state-machines.ts";

// `npm run prove` checks more configurations.
const proofs = [
  featureFlags,
  resourceSchemas,
  options({ complete, completeOnGitHub }),
  stateMachines({ complete }),
  permissions({ complete, completeOnGitHub }),
  guidelines({ minimalOnGitHub }),
];

it.each(proofs)(
  "$name: no findings",
  async ({ run }) => {
    expect((await run()).findings).toEqual([]);
  },
  300_000,
);

it.each([
  ["ecs:DescribeTask", "*", {}],
  ["codedeploy:StopDeployment", "arn:aws:codedeploy:eu-west-1:111122223333:deploymentgroup:shop/shop", {}],
  ["rds:CreateDBSnapshot", "arn:aws:rds:eu-west-1:111122223333:snapshot:shop-*", {}],
  ["s3:GetObject", "arn:aws:s3:::shop", {}],
  ["logs:GetLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/shop", {}],
  ["secretsmanager:GetSecretValue", "*", {}],
  ["iam:PassRole", "arn:aws:iam::111122223333:role/shop", { StringEquals: { "ecs:cluster": "shop" } }],
])("Permissions: a statement that allows %s on %s is a problem", async (action, resource, condition) => {
  const statement = { Effect: "Allow", Action: [action], Resource: [resource], Condition: condition };
  const { findings, exceptions } = await checkStatement({ ...statement, policy: "Policy", role: "Role" });
  expect([...findings, ...exceptions]).not.toEqual([]);
});

it.each([
  ["a number in an expression", { HeartbeatSeconds: "{% 60 %}", TimeoutSeconds: 7200 }],
  ["a heartbeat as long as the timeout", { HeartbeatSeconds: 60, TimeoutSeconds: 60 }],
  ["a wait without a heartbeat", { TimeoutSeconds: 7200 }],
  ["a value that is not substituted", { HeartbeatSeconds: 60, TimeoutSeconds: 7200, Comment: "${Name}" }],
  ["a state without a successor", { HeartbeatSeconds: 60, TimeoutSeconds: 7200, End: undefined, Next: "Other" }],
])("State machines: %s is a problem", (_name, state) => {
  const machine = (changed: object) => {
    const Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken";
    const Arguments = { FunctionName: "shop" };
    const States = { Wait: { Type: "Task", Resource, Arguments, End: true, ...changed } };
    return JSON.stringify({ QueryLanguage: "JSONata", StartAt: "Wait", TimeoutSeconds: 9000, States });
  };
  expect(definitionProblems(machine({ HeartbeatSeconds: 60, TimeoutSeconds: 7200 }))).toEqual([]);
  expect(definitionProblems(machine(state))).not.toEqual([]);
});
