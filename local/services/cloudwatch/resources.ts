import type { Statistic } from "@aws-sdk/client-cloudwatch";
import { z } from "zod";
import { defineResource, type ResourceContext } from "#local/cloud/index.ts";
import type { AlarmSettings } from "./alarm.ts";
import type { Deps } from "./deps.ts";
import { deleteAlarms, putAlarm } from "./operations/alarms.ts";

const number = z.coerce.number();
const flag = z.union([z.boolean(), z.literal(["true", "false"]).transform((text) => text === "true")]);
const dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() })).optional();
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

const query = z.strictObject({
  Id: z.string(),
  Expression: z.string().optional(),
  Label: z.string().optional(),
  Period: number.optional(),
  ReturnData: flag.optional(),
  MetricStat: z
    .strictObject({
      Metric: z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions }),
      Period: number,
      Stat: z.string(),
    })
    .optional(),
});

const properties = z.strictObject({
  AlarmName: z.string().optional(),
  AlarmDescription: z.string().optional(),
  ActionsEnabled: flag.optional(),
  AlarmActions: noActions,
  OKActions: noActions,
  InsufficientDataActions: noActions,
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensions,
  Statistic: z.literal(statistics).optional(),
  ExtendedStatistic: z.string().optional(),
  Period: number.optional(),
  EvaluationPeriods: number,
  DatapointsToAlarm: number.optional(),
  Threshold: number.optional(),
  ComparisonOperator: z.literal(operators),
  TreatMissingData: z.string().optional(),
  EvaluateLowSampleCountPercentile: z.literal("evaluate").optional(),
  Metrics: z.array(query).optional(),
});
type Properties = z.infer<typeof properties>;

export const createResources = (deps: Deps) => [alarmResource(deps)];

function alarmResource(deps: Deps) {
  const put = (input: Properties, context: ResourceContext) => {
    const settings: AlarmSettings = { ...input, AlarmName: input.AlarmName ?? context.generatedName(255) };
    const { name, arn } = putAlarm(deps, settings);
    return { physicalId: name, attributes: { Arn: arn } };
  };
  return defineResource<Properties>({
    type: "AWS::CloudWatch::Alarm",
    properties,
    inert: ["Tags"],
    create: put,
    update(existing, input, context) {
      const state = put(input, context);
      if (state.physicalId !== existing.physicalId) deleteAlarms(deps, [existing.physicalId]);
      return state;
    },
    delete: ({ physicalId }) => deleteAlarms(deps, [physicalId]),
  });
}
