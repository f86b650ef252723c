import { Duration, type Stack } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { ecsArn, type StepContext, stepFunction } from "../step-context.ts";
import { observeTasks } from "../deploy/migrate.ts";
import { rdsArn } from "../restore/restore-function.ts";

/** Task definitions of so many releases stay registered: ECR keeps the images of more. */
const keepReleases = 20;

/** Deletes, once a day, what past deployments have left and nobody goes back to. */
export function createPruning(stack: Stack, context: StepContext): void {
  const { service, props } = context;
  const { cluster } = service.webService;
  const made = stepFunction(context, {
    name: "prune",
    entry: "events/prune",
    timeoutSeconds: 300,
    environment: {
      DB_INSTANCE_IDENTIFIER: service.database.instanceIdentifier,
      KEEP_SNAPSHOTS: String(props.stage.snapshots.keep),
      KEEP_DAYS: String(props.stage.snapshots.days),
      KEEP_RELEASES: String(keepReleases),
      CLUSTER_ARN: cluster.clusterArn,
      SERVICE_NAME: service.webService.service.serviceName,
      TASK_FAMILIES: `${props.prefix},${props.prefix}-migrate`,
    },
  })
    // A list of all can be held to no instance.
    .allow(["rds:DescribeDBSnapshots"], [rdsArn(context, "db:*"), rdsArn(context, "snapshot:*")])
    .allow(["rds:DeleteDBSnapshot"], [rdsArn(context, `snapshot:${props.prefix}-*`)], {
      Null: { "aws:ResourceTag/lockstep:deployment": "false" },
    })
    .allow(["ecs:DescribeServices"], [ecsArn(context, `service/${cluster.clusterName}/*`)])
    // These take no resource.
    .allow(["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition", "ecs:DeregisterTaskDefinition"], ["*"]);
  observeTasks(made, context);
  const rule = new Rule(stack, "Prune Daily", { schedule: Schedule.rate(Duration.days(1)) });
  rule.addTarget(new LambdaFunction(made.function, { retryAttempts: 2 }));
}
