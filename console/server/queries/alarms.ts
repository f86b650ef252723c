import { paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import type { StageContext } from "../stages.ts";

export interface StageAlarm {
  name: string;
  description: string;
  state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  reason: string;
  since: string | null;
  threshold: number | null;
}

/** The alarms that roll a release of the stage back, those in alarm first. */
export async function listAlarms({ clients, stage }: StageContext): Promise<StageAlarm[]> {
  const alarms: StageAlarm[] = [];
  const query = { AlarmNamePrefix: `${stage.prefix}-` };
  for await (const page of paginateDescribeAlarms({ client: clients.cloudwatch }, query)) {
    for (const alarm of page.MetricAlarms ?? []) {
      alarms.push({
        name: alarm.AlarmName ?? "",
        description: alarm.AlarmDescription ?? "",
        state: alarm.StateValue ?? "INSUFFICIENT_DATA",
        reason: alarm.StateReason ?? "",
        since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.toISOString() ?? null,
        threshold: alarm.Threshold ?? null,
      });
    }
  }
  const order = ["ALARM", "INSUFFICIENT_DATA", "OK"];
  return alarms
    .filter(({ name }) => isOfStage(name, stage.prefix))
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name));
}

/** Of this stage: those of `shop-prod-eu` start with `shop-prod-`, too. */
const isOfStage = (name: string, prefix: string) =>
  /^(errors|latency|unhealthy)-(blue|green|balancer)$|^failed-checks$/.test(name.slice(prefix.length + 1));
