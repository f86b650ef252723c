import { arn, machineArn, type PipelineContext } from "../pipeline-context.ts";
import type { Grant } from "./grant.ts";
import type { Statement } from "./statement.ts";

const machines = ["deploy", "rollback", "restore"] as const;

/** Deployments, the lock, waiting task tokens: the table of the stage. */
export const useTable: Grant = ({ data: { table } }) => [
  {
    actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"],
    resources: [table.tableArn],
  },
];

export const answerDeployTokens: Grant = (context) => answerTokens(context, "deploy");
export const answerRollbackTokens: Grant = (context) => answerTokens(context, "rollback");
export const answerRestoreTokens: Grant = (context) => answerTokens(context, "restore");

export const startDeployments: Grant = (context) => [
  { actions: ["states:StartExecution"], resources: [machineArn(context, "deploy")] },
];

export const startRollbacks: Grant = (context) => [
  { actions: ["states:StartExecution"], resources: [machineArn(context, "rollback")] },
];

/** Finds out whether the execution that holds the lock, or waits for it, is still running. */
export const describeExecutions: Grant = (context) => [
  {
    actions: ["states:DescribeExecution"],
    resources: machines.map((machine) => arn(context, "states", `execution:${context.props.prefix}-${machine}:*`)),
  },
];

/** Puts events of one kind on the default bus, where the user's own rules match them. */
export const notify =
  (detailType: string): Grant =>
  (context) => [
    {
      actions: ["events:PutEvents"],
      resources: [arn(context, "events", "event-bus/default")],
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html: no event in another source's name.
      conditions: { StringEquals: { "events:source": "lockstep", "events:detail-type": detailType } },
    },
  ];

/** GitHub shows why a push is skipped. */
export const announceSkipped: Grant = (context) =>
  context.source.kind === "github" ? notify("Lockstep Push Skipped")(context) : [];

/** GitHub shows the state of deployments. */
export const announceChanges: Grant = (context) =>
  context.source.kind === "github" ? notify("Lockstep Deployment Changed")(context) : [];

function answerTokens(context: PipelineContext, machine: (typeof machines)[number]): Statement[] {
  return [
    {
      actions: ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
      resources: [machineArn(context, machine)],
    },
  ];
}
