import { GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type Listener,
  type TargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import { listDeployments } from "../../../cli/stage/records.ts";
import type { StageContext } from "../stages.ts";
import { listAlarms, type StageAlarm } from "./alarms.ts";

export interface TargetGroupTraffic {
  name: "blue" | "green";
  /** Percent of production traffic. */
  weight: number;
  targets: { id: string; state: string; reason: string }[];
  requestsPerSecond: (number | null)[];
  errorsPerSecond: (number | null)[];
  p95Seconds: (number | null)[];
}

export interface Traffic {
  /** Seconds since 1970, one per minute, the oldest first. */
  times: number[];
  groups: TargetGroupTraffic[];
  alarms: StageAlarm[];
  latencyThreshold: number;
  isLocal: boolean;
  /** Starts and ends of deployments on the same axis. */
  marks: { deployment: string; at: number; kind: "start" | "end" }[];
}

const periodSeconds = 60;

export async function traffic(context: StageContext, minutes: number): Promise<Traffic> {
  const { clients, stage } = context;
  const now = Math.floor(Date.now() / 1000 / periodSeconds) * periodSeconds + periodSeconds;
  const times = Array.from({ length: minutes }, (_, index) => now - (minutes - index) * periodSeconds);
  const { loadBalancer, groups, weights } = await readBalancer(context);
  const [alarms, deployments, series] = await Promise.all([
    listAlarms(context),
    listDeployments(clients, stage, 50),
    readSeries(context, { times, loadBalancer, groups }),
  ]);
  const first = times[0] ?? 0;
  const marks = deployments.flatMap(({ deployment, createdAt, endedAt }) => [
    { deployment, at: Date.parse(createdAt) / 1000, kind: "start" as const },
    ...(endedAt === undefined ? [] : [{ deployment, at: Date.parse(endedAt) / 1000, kind: "end" as const }]),
  ]);
  return {
    times,
    groups: await Promise.all(
      groups.map(async (group) => ({
        name: nameOf(group),
        weight: weights.get(group.TargetGroupArn ?? "") ?? 0,
        targets: await readTargets(context, group),
        ...series(nameOf(group)),
      })),
    ),
    alarms,
    latencyThreshold: stage.config.alarms.latencyP95Seconds,
    isLocal: clients.local !== undefined,
    marks: marks.filter(({ at }) => at >= first),
  };
}

const nameOf = ({ TargetGroupName = "" }: TargetGroup) => (TargetGroupName.endsWith("-green") ? "green" : "blue");

async function readBalancer({ clients, stage }: StageContext) {
  const { prefix } = stage;
  const [{ LoadBalancers = [] }, { TargetGroups: groups = [] }, { deploymentGroupInfo }] = await Promise.all([
    clients.loadBalancing.send(new DescribeLoadBalancersCommand({ Names: [prefix] })),
    clients.loadBalancing.send(new DescribeTargetGroupsCommand({ Names: [`${prefix}-blue`, `${prefix}-green`] })),
    clients.codedeploy.send(new GetDeploymentGroupCommand({ applicationName: prefix, deploymentGroupName: prefix })),
  ]);
  const [pair] = deploymentGroupInfo?.loadBalancerInfo?.targetGroupPairInfoList ?? [];
  const { Listeners = [] } = await clients.loadBalancing.send(
    new DescribeListenersCommand({ ListenerArns: pair?.prodTrafficRoute?.listenerArns ?? [] }),
  );
  const loadBalancer = (LoadBalancers[0]?.LoadBalancerArn ?? "").split(":loadbalancer/")[1] ?? "";
  return { loadBalancer, groups, weights: weightsOf(Listeners[0]) };
}

/** Percent of production traffic by target group. */
function weightsOf(listener: Listener | undefined): Map<string, number> {
  const [action] = listener?.DefaultActions ?? [];
  const targets = action?.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action?.TargetGroupArn, Weight: 100 }];
  const total = targets.reduce((sum, { Weight = 1 }) => sum + Weight, 0) || 1;
  return new Map(targets.map(({ TargetGroupArn = "", Weight = 1 }) => [TargetGroupArn, (100 * Weight) / total]));
}

async function readTargets({ clients }: StageContext, { TargetGroupArn }: TargetGroup) {
  const { TargetHealthDescriptions = [] } = await clients.loadBalancing.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  );
  return TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
    id: `${Target?.Id ?? ""}:${Target?.Port ?? ""}`,
    state: TargetHealth?.State ?? "unavailable",
    reason: TargetHealth?.Description ?? TargetHealth?.Reason ?? "",
  }));
}

interface SeriesRequest {
  times: readonly number[];
  loadBalancer: string;
  groups: readonly TargetGroup[];
}

const metrics = {
  requests: { name: "RequestCount", statistic: "Sum" },
  errors: { name: "HTTPCode_Target_5XX_Count", statistic: "Sum" },
  p95: { name: "TargetResponseTime", statistic: "p95" },
} as const;

async function readSeries({ clients }: StageContext, { times, loadBalancer, groups }: SeriesRequest) {
  const MetricDataQueries = groups.flatMap((group) =>
    Object.entries(metrics).map(
      ([key, metric]): MetricDataQuery => ({
        Id: `${nameOf(group)}_${key}`,
        MetricStat: {
          Metric: {
            Namespace: "AWS/ApplicationELB",
            MetricName: metric.name,
            Dimensions: [
              { Name: "LoadBalancer", Value: loadBalancer },
              { Name: "TargetGroup", Value: (group.TargetGroupArn ?? "").split(":").at(-1) },
            ],
          },
          Period: periodSeconds,
          Stat: metric.statistic,
        },
      }),
    ),
  );
  const { MetricDataResults = [] } = await clients.cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date((times[0] ?? 0) * 1000),
      EndTime: new Date(((times.at(-1) ?? 0) + periodSeconds) * 1000),
      MetricDataQueries,
    }),
  );
  const valuesOf = (id: string) => {
    const result = MetricDataResults.find(({ Id }) => Id === id);
    const byTime = new Map(
      (result?.Timestamps ?? []).map((time, index) => [time.getTime() / 1000, result?.Values?.[index] ?? null]),
    );
    return times.map((time) => byTime.get(time) ?? null);
  };
  const perSecond = (values: (number | null)[]) => values.map((value) => (value ?? 0) / periodSeconds);
  return (group: string) => ({
    requestsPerSecond: perSecond(valuesOf(`${group}_requests`)),
    errorsPerSecond: perSecond(valuesOf(`${group}_errors`)),
    p95Seconds: valuesOf(`${group}_p95`),
  });
}
