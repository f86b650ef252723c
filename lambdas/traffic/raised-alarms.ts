import {
  type AlarmHistoryItem,
  type CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricDataQuery,
} from "@aws-sdk/client-cloudwatch";
import type { DeploymentInfo } from "@aws-sdk/client-codedeploy";
import * as z from "zod/mini";

const list = z.pipe(
  z.string(),
  z.transform((text) => text.split(",")),
);

export const alarmNames = z.object({ ALARM_NAMES: list });

/** What the explanation of an alarm needs. */
export const alarmSettings = z.object({
  ...alarmNames.shape,
  /** Full names, as in the dimensions of metrics. */
  LOAD_BALANCER: z.string(),
  TARGET_GROUPS: list,
});
type AlarmSettings = z.infer<typeof alarmSettings>;

export interface AlarmDeps {
  readonly cloudWatch: CloudWatchClient;
  readonly settings: AlarmSettings;
}

export async function alarmsInAlarm(cloudWatch: CloudWatchClient, names: readonly string[]): Promise<string[]> {
  const { MetricAlarms = [] } = await cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [...names], StateValue: "ALARM" }),
  );
  return MetricAlarms.map(({ AlarmName = "" }) => AlarmName);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html */
const stateUpdate = z.object({
  newState: z.object({
    stateValue: z.string(),
    stateReason: z.string(),
    /** Missing if a person set the state. */
    stateReasonData: z.optional(z.object({ queryDate: z.string(), startDate: z.optional(z.string()) })),
  }),
});

interface Within {
  readonly StartDate?: Date | undefined;
  readonly EndDate?: Date | undefined;
}

/** Which requests triggered the alarms that stopped a CodeDeploy deployment. */
export async function explainStop(deps: AlarmDeps, info: DeploymentInfo): Promise<string | undefined> {
  const { code, message = "" } = info.errorInformation ?? {};
  if (code !== "ALARM_ACTIVE") return undefined;
  const { createTime: StartDate, completeTime: EndDate } = info;
  const { ALARM_NAMES: all } = deps.settings;
  const named = all.filter((name) => message.includes(name));
  const explanations = await Promise.all(
    named.length > 0
      ? named.map((name) => explainAlarm(deps, name, { EndDate }))
      : all.map((name) => explainAlarm(deps, name, { StartDate, EndDate })),
  );
  return explanations.filter((text) => text !== undefined).join("\n") || undefined;
}

/** Which requests triggered an alarm the last time within a span. The explanation must not stop a rollback: it reports its own failure. */
export async function explainAlarm(deps: AlarmDeps, name: string, within: Within): Promise<string | undefined> {
  try {
    const description = await describeLastAlarm(deps, name, within);
    return description === undefined ? undefined : `Alarm ${name}: ${description}`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `Alarm ${name}: the requests that triggered it could not be read: ${reason}`;
  }
}

async function describeLastAlarm(deps: AlarmDeps, AlarmName: string, within: Within): Promise<string | undefined> {
  const { AlarmHistoryItems = [] } = await deps.cloudWatch.send(
    new DescribeAlarmHistoryCommand({
      AlarmName,
      HistoryItemType: "StateUpdate",
      ScanBy: "TimestampDescending",
      ...within,
    }),
  );
  const last = AlarmHistoryItems.map(stateOf).find((state) => state?.stateValue === "ALARM");
  if (!last) return undefined;
  const { queryDate, startDate } = last.stateReasonData ?? {};
  if (queryDate === undefined || startDate === undefined) return last.stateReason;
  const span = { start: awsDate(startDate), end: awsDate(queryDate) };
  return `${await describeRequests(deps, span)}. ${last.stateReason}`;
}

function stateOf({ HistoryData = "{}" }: AlarmHistoryItem) {
  return z.safeParse(stateUpdate, JSON.parse(HistoryData)).data?.newState;
}

/** `2026-01-01T12:00:00.000+0000`, as CloudWatch writes it. */
export const awsDate = (text: string) => new Date(text.replace(/\+0000$/, "Z"));

interface Span {
  readonly start: Date;
  readonly end: Date;
}

/** What these responses of the load balancer itself mean. */
const causes = {
  502: "a target closed the connection",
  503: "no target",
  504: "a target did not respond in time",
} as const;
const statuses = [502, 503, 504] as const;

async function describeRequests(deps: AlarmDeps, span: Span): Promise<string> {
  const { TARGET_GROUPS: groups } = deps.settings;
  const sums = await readSums(deps, span);
  const sum = (id: string) => sums.get(id) ?? 0;
  const named = statuses.filter((status) => sum(`elb${status}`) > 0);
  const others = sum("elb") - named.reduce((total, status) => total + sum(`elb${status}`), 0);
  const byLoadBalancer = [
    ...named.map((status) => `${sum(`elb${status}`)} × ${status} by the load balancer (${causes[status]})`),
    ...(others > 0 ? [`${others} × other 5xx by the load balancer`] : []),
  ];
  const byTargets = groups.map(
    (group, index) => `${sum(`errors${index}`)} × 5xx by ${group.split("/").at(-2)} (of ${sum(`requests${index}`)})`,
  );
  const failed = groups.reduce((total, _group, index) => total + sum(`errors${index}`), sum("elb"));
  // The load balancer does not count a request for which it has no target.
  const requests = sum("requests") + sum("elb503");
  const [from, to] = [span.start, span.end].map((date) => date.toISOString().slice(11, 19));
  return `${failed} of ${requests} requests failed from ${from} to ${to} UTC: ${[...byLoadBalancer, ...byTargets].join(", ")}`;
}

/** These metrics have no dimension for the listener. */
async function readSums({ cloudWatch, settings }: AlarmDeps, { start, end }: Span): Promise<Map<string, number>> {
  const query = (Id: string, MetricName: string, TargetGroup?: string): MetricDataQuery => {
    const Dimensions = Object.entries({ LoadBalancer: settings.LOAD_BALANCER, ...(TargetGroup && { TargetGroup }) });
    return {
      Id,
      MetricStat: {
        Metric: {
          Namespace: "AWS/ApplicationELB",
          MetricName,
          Dimensions: Dimensions.map(([Name, Value]) => ({ Name, Value })),
        },
        Period: 60,
        Stat: "Sum",
      },
    };
  };
  const MetricDataQueries = [
    query("requests", "RequestCount"),
    query("elb", "HTTPCode_ELB_5XX_Count"),
    ...statuses.map((status) => query(`elb${status}`, `HTTPCode_ELB_${status}_Count`)),
    ...settings.TARGET_GROUPS.flatMap((group, index) => [
      query(`requests${index}`, "RequestCount", group),
      query(`errors${index}`, "HTTPCode_Target_5XX_Count", group),
    ]),
  ];
  const { MetricDataResults = [] } = await cloudWatch.send(
    new GetMetricDataCommand({ MetricDataQueries, StartTime: start, EndTime: end }),
  );
  return new Map(
    MetricDataResults.map(({ Id = "", Values = [] }) => [Id, Values.reduce((total, value) => total + value, 0)]),
  );
}
