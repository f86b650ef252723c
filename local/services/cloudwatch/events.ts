import type { CloudEvent } from "#local/cloud/index.ts";
import { queriesOf, type Alarm, type AlarmState } from "./alarm.ts";
import { awsTime } from "./reason.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export function stateChange(alarm: Alarm, previous: AlarmState): CloudEvent {
  const { name, arn, settings, state } = alarm;
  return {
    source: "aws.cloudwatch",
    detailType: "CloudWatch Alarm State Change",
    resources: [arn],
    detail: {
      alarmName: name,
      state: stateDetail(state),
      previousState: stateDetail(previous),
      configuration: {
        description: settings.AlarmDescription,
        metrics: queriesOf(settings).map(({ Id, Expression, Label, MetricStat, ReturnData = true }) => ({
          id: Id,
          expression: Expression,
          label: Label,
          metricStat: MetricStat && {
            metric: {
              namespace: MetricStat.Metric?.Namespace,
              name: MetricStat.Metric?.MetricName,
              dimensions: Object.fromEntries(
                MetricStat.Metric?.Dimensions?.map((each) => [each.Name, each.Value]) ?? [],
              ),
            },
            period: MetricStat.Period,
            stat: MetricStat.Stat,
          },
          returnData: ReturnData,
        })),
      },
    },
  };
}

const stateDetail = ({ value, reason, reasonData, updatedAt }: AlarmState) => ({
  value,
  reason,
  reasonData,
  timestamp: awsTime(updatedAt),
});
