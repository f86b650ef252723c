import { SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { RedriveExecutionCommand, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { identify, machineArn } from "../../../cli/stage/identity.ts";
import type { ActionName } from "../actions/index.ts";
import type { StageContext } from "../stages.ts";

export interface Permissions {
  /** ARN under which actions are recorded. */
  caller: string;
  /** The right that the caller lacks for an action, such as `states:RedriveExecution`. */
  missing: Partial<Record<ActionName, string>>;
}

/** A call that needs the right, and cannot succeed. */
interface Probe {
  right: string;
  call: (context: StageContext) => Promise<unknown>;
}

/** No name of an execution has this character: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const impossibleName = "?";

const start = (machine: "deploy" | "rollback" | "restore"): Probe => ({
  right: `states:StartExecution on the ${machine} machine`,
  call: async ({ clients, stage }) => {
    const stateMachineArn = await machineArn(clients, stage, machine);
    return clients.sfn.send(new StartExecutionCommand({ stateMachineArn, name: impossibleName }));
  },
});

const write: Probe = {
  right: "dynamodb:UpdateItem",
  call: ({ clients, stage }) =>
    clients.documents.send(
      new UpdateCommand({
        TableName: stage.prefix,
        Key: { pk: "lock", sk: "lock" },
        UpdateExpression: "REMOVE probe",
        ConditionExpression: "attribute_exists(pk) AND attribute_not_exists(pk)",
      }),
    ),
};

const absentExecution = async ({ clients, stage }: StageContext) =>
  (await machineArn(clients, stage, "deploy")).replace(":stateMachine:", ":execution:").concat(":no-such-execution");

const probes: Readonly<Record<ActionName, readonly Probe[]>> = {
  redrive: [
    {
      right: "states:RedriveExecution",
      call: async (context) =>
        context.clients.sfn.send(new RedriveExecutionCommand({ executionArn: await absentExecution(context) })),
    },
  ],
  abort: [
    {
      right: "states:StopExecution",
      call: async (context) =>
        context.clients.sfn.send(new StopExecutionCommand({ executionArn: await absentExecution(context) })),
    },
  ],
  approve: [write],
  reject: [write],
  unlock: [write],
  deploy: [start("deploy")],
  rollback: [start("rollback")],
  restore: [
    {
      right: "lambda:InvokeFunction",
      call: ({ clients, stage }) =>
        clients.lambda.send(
          new InvokeCommand({ FunctionName: `${stage.prefix}-restore-loss-window`, InvocationType: "DryRun" }),
        ),
    },
    start("restore"),
  ],
  "set-alarm": [
    {
      right: "cloudwatch:SetAlarmState",
      call: ({ clients, stage }) =>
        clients.cloudwatch.send(
          new SetAlarmStateCommand({
            AlarmName: `${stage.prefix}-no-such-alarm`,
            StateValue: "OK",
            StateReason: "Whether this is permitted",
          }),
        ),
    },
  ],
};

const keptMs = 300_000;
const kept = new WeakMap<StageContext, { until: number; permissions: Promise<Permissions> }>();

/** Found out by calls that change nothing, at most every five minutes: what a policy allows is known only to IAM. */
export function permissions(context: StageContext, now = Date.now()): Promise<Permissions> {
  const known = kept.get(context);
  if (known && known.until > now) return known.permissions;
  const current = probeAll(context);
  kept.set(context, { until: now + keptMs, permissions: current });
  current.catch(() => kept.delete(context));
  return current;
}

async function probeAll(context: StageContext): Promise<Permissions> {
  const { arn } = await identify(context.clients, context.stage);
  const all = [...new Set(Object.values(probes).flat())].filter(({ right }) => isOfferedHere(right, context));
  const denied = new Set<Probe>();
  await Promise.all(all.map(async (probe) => (await isDenied(probe, context)) && denied.add(probe)));
  const missing = Object.entries(probes).flatMap(([name, needed]) => {
    const rights = needed.filter((probe) => denied.has(probe)).map(({ right }) => right);
    return rights.length > 0 ? [[name, rights.join(" and ")]] : [];
  });
  return { caller: arn, missing: Object.fromEntries(missing) };
}

/** Alarms are set by hand only in a local cloud. */
const isOfferedHere = (right: string, { clients }: StageContext) =>
  clients.local !== undefined || !right.startsWith("cloudwatch:");

/** Every other error comes from behind the check of the caller's rights. */
async function isDenied({ call }: Probe, context: StageContext): Promise<boolean> {
  try {
    await call(context);
    return false;
  } catch (error) {
    return isAccessDenied(error);
  }
}

export const isAccessDenied = (error: unknown) =>
  error instanceof Error && /AccessDenied|NotAuthorized|UnauthorizedOperation/.test(error.name);
