import { GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients } from "../clients.ts";
import type { DeploymentItem } from "../records.ts";
import type { Stage } from "../stage.ts";

/** Requests of visitors from the start of the shift to the end of the bake, as the load balancer counts them, by the minute. */
export interface ShiftTraffic {
  from: string;
  until: string;
  requests: number;
  /** Answered with a 5xx status by the app, or by the load balancer itself. */
  errors: { app: number; loadBalancer: number };
}

const periodSeconds = 60;
const metrics = {
  requests: "RequestCount",
  app: "HTTPCode_Target_5XX_Count",
  load_balancer: "HTTPCode_ELB_5XX_Count",
} as const;

/** `undefined` if the deployment did not shift traffic. */
export async function readShiftTraffic(
  clients: Clients,
  stage: Stage,
  { steps }: DeploymentItem,
): Promise<ShiftTraffic | undefined> {
  const from = steps["Shift traffic"]?.startedAt;
  if (from === undefined) return undefined;
  const last = steps.Bake ?? steps.Probe ?? steps["Shift traffic"];
  const until = last?.endedAt ?? new Date().toISOString();
  const { LoadBalancers = [] } = await clients.loadBalancing.send(
    new DescribeLoadBalancersCommand({ Names: [stage.prefix] }),
  );
  const Value = LoadBalancers[0]?.LoadBalancerArn?.split(":loadbalancer/")[1] ?? "";
  const MetricDataQueries = Object.entries(metrics).map(
    ([Id, MetricName]): MetricDataQuery => ({
      Id,
      MetricStat: {
        Metric: { Namespace: "AWS/ApplicationELB", MetricName, Dimensions: [{ Name: "LoadBalancer", Value }] },
        Period: periodSeconds,
        Stat: "Sum",
      },
    }),
  );
  const { MetricDataResults = [] } = await clients.cloudwatch.send(
    new GetMetricDataCommand({ StartTime: minuteOf(from, 0), EndTime: minuteOf(until, 1), MetricDataQueries }),
  );
  const sum = (id: string) =>
    (MetricDataResults.find(({ Id }) => Id === id)?.Values ?? []).reduce((total, value) => total + value, 0);
  return { from, until, requests: sum("requests"), errors: { app: sum("app"), loadBalancer: sum("load_balancer") } };
}

/** The data points of whole minutes. */
function minuteOf(iso: string, later: number): Date {
  const period = periodSeconds * 1000;
  return new Date((Math.floor(Date.parse(iso) / period) + later) * period);
}
