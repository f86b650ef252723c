import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { step } from "../../../../lambdas/core/step.ts";
import { assess } from "../../../../lambdas/rollback/assess.ts";
import { rollbacks } from "../../../../lambdas/rollback/record.ts";
import { memoryDeps } from "../support/deps.ts";
import { scripted } from "../support/scripted.ts";

test("a rollback to a release whose secret variables are gone is refused before anything is changed", async () => {
  const deps = memoryDeps();
  for (const [index, deployment] of ["d1", "d2"].entries()) {
    const push = { deployment, commit: `c${index}`, pushedAt: "2026-01-01T10:00:00Z" };
    const plan = { pending: [], pendingCount: 0, snapshot: false, migrate: false, secretVariables: ["STRIPE_KEY"] };
    const progress = { status: "succeeded", execution: "e", attempt: 0, createdAt: push.pushedAt, steps: {} };
    const record = {
      ...push,
      repository: "shop",
      branch: "main",
      ...progress,
      plan: { ...plan, secretVersion: deployment },
    };
    await deps.table.put({ pk: "deployment", sk: deployment, ...record });
    const image = { imageUri: "i@sha256:1", imageDigest: "sha256:1", taskDefinitionArn: `td:${index}` };
    const release = { ...push, ...image, deployedAt: push.pushedAt };
    await deps.table.put({ pk: "release", sk: deployment, ...release });
    await deps.table.put({ pk: "release", sk: "current", ...release });
  }
  const clients = {
    codeBuild: scripted(CodeBuildClient, {}),
    codeDeploy: scripted(CodeDeployClient, {}),
    ecs: scripted(ECSClient, {}),
    loadBalancing: scripted(ElasticLoadBalancingV2Client, {}),
  };
  const settings = {
    CLUSTER_ARN: "c",
    SERVICE_NAME: "s",
    CODEDEPLOY_APPLICATION: "a",
    CODEDEPLOY_DEPLOYMENT_GROUP: "g",
    LOAD_BALANCER_ARN: "l",
    TEST_LISTENER_ARN: "t",
    MIGRATION_FAMILY: "m",
  };
  const hasSecretVersion = (version: string) => Promise.resolve(version !== "d1");
  const input = {
    rollback: "r1",
    requestedAt: "2026-01-01T12:00:00Z",
    cause: { kind: "person", by: "ada", release: "d1" },
  };
  const run = step(rollbacks, assess({ ...deps, ...clients, settings, hasSecretVersion }), deps);
  await run({ token: "token", execution: "e1", attempt: 0, input });
  const cause = expect.stringMatching(/secret variables of release d1.*\n.*lockstep deploy c0$/);
  expect(deps.machine.answers.get("token")).toMatchObject({ error: "RollbackRefused", cause });
});
