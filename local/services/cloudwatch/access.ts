import type { AccessRules } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html */
export const access: AccessRules<"cloudwatch"> = {
  putMetricAlarm: "alarm:{AlarmName}",
  setAlarmState: "alarm:{AlarmName}",
  deleteAlarms: "alarm:{AlarmNames}",
  enableAlarmActions: "alarm:{AlarmNames}",
  disableAlarmActions: "alarm:{AlarmNames}",
  describeAlarms: "alarm:{AlarmNames}",
  describeAlarmHistory: "alarm:{AlarmName}",
  putMetricData: ({ Namespace }) => ({ context: { "cloudwatch:namespace": Namespace } }),
};
