import type { AccessRules, Cloud } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html */
export function accessRules(cloud: Pick<Cloud, "arn">): AccessRules<"cloudwatch"> {
  const alarm = (name: string) => cloud.arn("cloudwatch", `alarm:${name}`);
  const named = ({ AlarmNames }: { AlarmNames: readonly string[] }) => ({ resources: AlarmNames.map(alarm) });
  const one = ({ AlarmName }: { AlarmName: string }) => ({ resources: [alarm(AlarmName)] });
  return {
    putMetricAlarm: one,
    setAlarmState: one,
    deleteAlarms: named,
    enableAlarmActions: named,
    disableAlarmActions: named,
    describeAlarms: ({ AlarmNames }) => ({ resources: (AlarmNames ?? ["*"]).map(alarm) }),
    describeAlarmHistory: ({ AlarmName = "*" }) => ({ resources: [alarm(AlarmName)] }),
    putMetricData: ({ Namespace }) => ({ context: { "cloudwatch:namespace": Namespace } }),
  };
}
