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

/** What AWS tells of a load balancer and of its target groups, by the names of our counters, which are AWS's. */
const told = {
  listener: ["RequestCount", "HTTPCode_ELB_4XX_Count", "HTTPCode_ELB_5XX_Count", "NewConnectionCount"],
  targetGroup: [
    "RequestCount",
    "HTTPCode_Target_2XX_Count",
    "HTTPCode_Target_3XX_Count",
    "HTTPCode_Target_4XX_Count",
    "HTTPCode_Target_5XX_Count",
    "TargetConnectionErrorCount",
  ],
} as const;

/** Of these AWS also tells the sum over the target groups of a load balancer; requests are counted by listener already. */
const alsoOfLoadBalancer: readonly string[] = told.targetGroup.filter((name) => name !== "RequestCount");

interface MetricsParts {
  cloud: Cloud;
  store: Store;
  engine: Pick<Engine, "periodsAfter">;
}

/** Tells CloudWatch what the load balancers counted, from where an earlier run stopped. */
export class MetricsPublisher {
  readonly #parts: MetricsParts;
  #timer: Timer | undefined;
  #isFailing = false;

  constructor(parts: MetricsParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock } = this.#parts.cloud;
    const pause = Math.max(clock.scaled(pauseSeconds), shortestPauseMs);
    this.#timer = clock.at(clock.now() + pause, () => void this.#run());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    const { cloud, store } = this.#parts;
    try {
      for (const arn of store.loadBalancers.keys()) await this.#publish(arn);
      this.#isFailing = false;
    } catch (error) {
      // What was not told is told by the next turn; once is enough for the log.
      const facts = { error: error instanceof Error ? error.message : String(error) };
      if (!this.#isFailing && !cloud.stopping.aborted) cloud.log("warn", "Metrics of a load balancer wait", facts);
      this.#isFailing = true;
    }
    if (!cloud.stopping.aborted) this.start();
  }

  async #publish(arn: string): Promise<void> {
    const { cloud, store, engine } = this.#parts;
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
      return [...countsOf(each, told.listener), ...gaugesOf(each, isNotZero)].map((datum) => ({
        ...ofLoadBalancer,
        ...datum,
      }));
    }
    const dimension = { Name: "TargetGroup", Value: arn.slice(arn.lastIndexOf(":") + 1) };
    const Dimensions = [dimension, ...ofLoadBalancer.Dimensions];
    const counts = [...countsOf(each, told.targetGroup), ...responseTimeOf(each)];
    const shared = counts.filter(({ MetricName = "" }) => alsoOfLoadBalancer.includes(MetricName));
    return [
      ...[...counts, ...gaugesOf(each, () => true)].map((datum) => ({ ...ofLoadBalancer, ...datum, Dimensions })),
      ...[...shared, ...responseTimeOf(each)].map((datum) => ({ ...ofLoadBalancer, ...datum })),
    ];
  });
}

const isNotZero = (value: number) => value !== 0;

/** as AWS: what did not happen has no data point. */
function countsOf({ counts }: Measured, names: (typeof told)[keyof typeof told]): MetricDatum[] {
  if (!counts) return [];
  return names
    .filter((name) => isNotZero(counts[name]))
    .map((MetricName) => ({ MetricName, Unit: "Count", Value: counts[MetricName] }));
}

function gaugesOf({ gauges }: Measured, isTold: (value: number) => boolean): MetricDatum[] {
  return Object.entries(gauges)
    .filter(([, value]) => isTold(value))
    .map(([MetricName, Value]) => ({ MetricName, Unit: "Count", Value }));
}

const valuesOfDatum = 150;

function responseTimeOf({ counts }: Measured): MetricDatum[] {
  const { values = [], counts: times = [] } = counts?.TargetResponseTime ?? {};
  if (values.length === 0) return [];
  // Bins lie 10 % apart: 150 of them span more than six orders of magnitude.
  const first = Math.max(values.length - valuesOfDatum, 0);
  return [
    { MetricName: "TargetResponseTime", Unit: "Seconds", Values: values.slice(first), Counts: times.slice(first) },
  ];
}
