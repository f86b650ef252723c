import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import type { Engine } from "./engine.ts";
import type { Measured, Period } from "./proxy/period-log.ts";
import type { Store } from "./store.ts";

const namespace = "AWS/ApplicationELB";
const shortestPauseMs = 250;
const pauseSeconds = 10;
const dataOfCall = 1000;

/** Counters that are published as CloudWatch metrics of the same name. */
const published = {
  listener: [
    "RequestCount",
    "HTTPCode_ELB_4XX_Count",
    "HTTPCode_ELB_5XX_Count",
    "HTTPCode_ELB_500_Count",
    "HTTPCode_ELB_502_Count",
    "HTTPCode_ELB_503_Count",
    "HTTPCode_ELB_504_Count",
    "NewConnectionCount",
  ],
  targetGroup: [
    "RequestCount",
    "HTTPCode_Target_2XX_Count",
    "HTTPCode_Target_3XX_Count",
    "HTTPCode_Target_4XX_Count",
    "HTTPCode_Target_5XX_Count",
    "TargetConnectionErrorCount",
  ],
} as const;

/** AWS also publishes these per load balancer, as the sum over its target groups; requests are counted per listener already. */
const alsoOfLoadBalancer: readonly string[] = published.targetGroup.filter((name) => name !== "RequestCount");

interface MetricsDeps {
  cloud: Cloud;
  store: Store;
  engine: Pick<Engine, "periodsAfter">;
}

/** Publishes the metrics of the load balancers to CloudWatch, continuing where an earlier run stopped. */
export class MetricsPublisher {
  readonly #deps: MetricsDeps;
  #timer: Timer | undefined;
  #isFailing = false;

  constructor(deps: MetricsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock } = this.#deps.cloud;
    const pause = Math.max(clock.scaled(pauseSeconds), shortestPauseMs);
    this.#timer = clock.at(clock.now() + pause, () => void this.#run());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    const { cloud, store } = this.#deps;
    try {
      for (const arn of store.loadBalancers.keys()) await this.#publish(arn);
      this.#isFailing = false;
    } catch (error) {
      // The next run publishes what is missing; consecutive failures are logged once.
      const keys = { error: error instanceof Error ? error.message : String(error) };
      if (!this.#isFailing && !cloud.stopping.aborted) cloud.log("warn", "Load balancer metrics delayed", keys);
      this.#isFailing = true;
    }
    if (!cloud.stopping.aborted) this.start();
  }

  async #publish(arn: string): Promise<void> {
    const { cloud, store, engine } = this.#deps;
    const periods = await engine.periodsAfter(arn, store.published.get(arn)?.cursor ?? 0);
    const last = periods.at(-1);
    const loadBalancer = store.loadBalancers.get(arn);
    if (!last || !loadBalancer || cloud.stopping.aborted) return;
    const name = `app/${loadBalancer.name}/${loadBalancer.id}`;
    const data = periods.flatMap((period) => dataOf(period, name));
    for (let first = 0; first < data.length; first += dataOfCall) {
      const input = { Namespace: namespace, MetricData: data.slice(first, first + dataOfCall) };
      await cloud.call("cloudwatch", "putMetricData", input, { as: { service: "elastic-load-balancing-v2" } });
    }
    if (store.loadBalancers.get(arn)) store.published.put(arn, { cursor: last.cursor });
  }
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
function dataOf({ start, measured }: Period, loadBalancer: string): MetricDatum[] {
  const ofLoadBalancer = { Timestamp: new Date(start), Dimensions: [{ Name: "LoadBalancer", Value: loadBalancer }] };
  return measured.flatMap((each): MetricDatum[] => {
    const { arn } = each;
    if (!arn.includes(":targetgroup/")) {
      return [...countsOf(each, published.listener), ...gaugesOf(each, isNotZero)].map((datum) => ({
        ...ofLoadBalancer,
        ...datum,
      }));
    }
    const dimension = { Name: "TargetGroup", Value: arn.slice(arn.lastIndexOf(":") + 1) };
    const Dimensions = [dimension, ...ofLoadBalancer.Dimensions];
    const counts = [...countsOf(each, published.targetGroup), ...responseTimeOf(each)];
    const shared = counts.filter(({ MetricName = "" }) => alsoOfLoadBalancer.includes(MetricName));
    return [
      ...[...counts, ...gaugesOf(each, () => true)].map((datum) => ({ ...ofLoadBalancer, ...datum, Dimensions })),
      ...[...shared, ...responseTimeOf(each)].map((datum) => ({ ...ofLoadBalancer, ...datum })),
    ];
  });
}

const isNotZero = (value: number) => value !== 0;

/** as AWS: a counter of zero has no data point. */
function countsOf({ counts }: Measured, names: (typeof published)[keyof typeof published]): MetricDatum[] {
  if (!counts) return [];
  return names
    .filter((name) => isNotZero(counts[name]))
    .map((MetricName) => ({ MetricName, Unit: "Count", Value: counts[MetricName] }));
}

function gaugesOf({ gauges }: Measured, isPublished: (value: number) => boolean): MetricDatum[] {
  return Object.entries(gauges)
    .filter(([, value]) => isPublished(value))
    .map(([MetricName, Value]) => ({ MetricName, Unit: "Count", Value }));
}

const valuesOfDatum = 150;

function responseTimeOf({ counts }: Measured): MetricDatum[] {
  const { values = [], counts: times = [] } = counts?.TargetResponseTime ?? {};
  if (values.length === 0) return [];
  // Bins are 10 % apart: 150 of them span more than six orders of magnitude.
  const first = Math.max(values.length - valuesOfDatum, 0);
  return [
    { MetricName: "TargetResponseTime", Unit: "Seconds", Values: values.slice(first), Counts: times.slice(first) },
  ];
}
