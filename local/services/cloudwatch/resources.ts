import type { Statistic } from "@aws-sdk/client-cloudwatch";
import { z } from "zod";
import { declareResource, type ServiceSchema } from "#local/cloud/index.ts";
import type { Alarm } from "./alarm.ts";
import type { Deps } from "./deps.ts";
import { deleteAlarms, putAlarm } from "./operations/alarms.ts";
import { reads, type Input } from "./reads.ts";

const statistics = ["Average", "Maximum", "Minimum", "SampleCount", "Sum"] as const satisfies readonly Statistic[];
const operators = [
  "GreaterThanOrEqualToThreshold",
  "GreaterThanThreshold",
  "LessThanOrEqualToThreshold",
  "LessThanThreshold",
] as const;

const noActions = z
  .array(z.string())
  .max(0, "Alarm actions are not supported by the local cloud. Fix: use an EventBridge rule on the state change.")
  .optional();

export const createResources = (deps: Deps, schema: ServiceSchema) => [
  declareResource<Input<"putMetricAlarm">, Alarm>({
    type: "AWS::CloudWatch::Alarm",
    operation: schema.operations.get("PutMetricAlarm"),
    members: reads.putMetricAlarm,
    properties: {
      Statistic: z.literal(statistics).optional(),
      ComparisonOperator: z.literal(operators),
      EvaluateLowSampleCountPercentile: z.literal("evaluate").optional(),
      AlarmActions: noActions,
      OKActions: noActions,
      InsufficientDataActions: noActions,
    },
    inert: ["Tags"],
    createOnly: ["AlarmName"],
    name: "AlarmName",
    maxLength: 255,
    find: (name) => deps.alarms.get(name),
    create: (input) => putAlarm(deps, input),
    update: (_alarm, input) => putAlarm(deps, input),
    delete: ({ name }) => deleteAlarms(deps, [name]),
    state: ({ name, arn }) => ({ physicalId: name, attributes: { Arn: arn } }),
  }),
];
