import { expect, it } from "vitest";
import { checkStatement } from "../prove/check-statement.ts";
import { complete, threeStages } from "../prove/configurations.ts";
import { featureFlags } from "../prove/feature-flags.ts";
import { guidelines } from "../prove/guidelines.ts";
import { options } from "../prove/options.ts";
import { permissions } from "../prove/permissions.ts";
import { resourceSchemas } from "../prove/resource-schemas.ts";
import { minimal } from "../prove/synthesize-app.ts";

// `npm run prove` checks more configurations.
const proofs = [
  featureFlags,
  resourceSchemas,
  options({ complete, threeStages }),
  permissions({ complete }),
  guidelines({ minimal }),
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
