import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IAlarm,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { ApplicationTargetGroup } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Construct } from "constructs";
import { checkMetrics } from "../lambdas/events/check-production/contract.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { StageProps } from "./stage-props.ts";

interface AlarmsProps {
  props: StageProps;
  loadBalancer: LoadBalancer;
}

/** So many of a check's requests may fail: one may be bad luck. */
const toleratedFailures = 1;

interface AlarmSpec {
  name: string;
  description: string;
  metric: IMetric;
  threshold: number;
  treatMissingData?: TreatMissingData;
}

/**
 * When a release is taken back by itself. Blue and green swap roles with every release, so both target groups are watched alike.
 * Metric math asks for a least number of requests: a group without traffic has no data, and that is no trouble.
 */
export class Alarms extends Construct {
  /** All of them, for CodeDeploy, which takes at most ten. */
  readonly all: readonly IAlarm[];
  private readonly parts: AlarmsProps;

  constructor(scope: Construct, id: string, parts: AlarmsProps) {
    super(scope, id);
    this.parts = parts;
    const { loadBalancer } = parts;
    this.all = [
      ...this.groupAlarms("blue", loadBalancer.blue),
      ...this.groupAlarms("green", loadBalancer.green),
      this.balancerErrors(),
      this.failedChecks(),
    ];
  }

  private groupAlarms(group: string, targetGroup: ApplicationTargetGroup): Alarm[] {
    const { errorPercent, latencyP95Seconds, minRequests } = this.parts.props.stage.alarms;
    const metric = (metricName: string, statistic: string) =>
      this.balancerMetric({ metricName, statistic, targetGroup });
    const requests = metric("RequestCount", "Sum");
    return [
      this.alarm({
        name: `errors-${group}`,
        description: `More than ${errorPercent} % of the requests to ${group} were answered with a 5xx`,
        metric: this.math(`IF(requests >= ${minRequests}, 100 * FILL(errors, 0) / requests, 0)`, {
          requests,
          errors: metric("HTTPCode_Target_5XX_Count", "Sum"),
        }),
        threshold: errorPercent,
      }),
      this.alarm({
        name: `latency-${group}`,
        description: `One in twenty requests to ${group} took longer than ${latencyP95Seconds} s`,
        metric: this.math(`IF(requests >= ${minRequests}, latency, 0)`, {
          requests,
          latency: metric("TargetResponseTime", "p95"),
        }),
        threshold: latencyP95Seconds,
      }),
      this.alarm({
        name: `unhealthy-${group}`,
        // A group that starts, or is left, gets no requests: its ill targets are no trouble to anyone.
        description: `A target of ${group} is ill while the group gets requests`,
        metric: this.math("IF(requests > 0, unhealthy, 0)", {
          requests,
          unhealthy: metric("UnHealthyHostCount", "Minimum"),
        }),
        threshold: 0,
      }),
    ];
  }

  /** A target that hangs up or does not answer: that 502 or 504 is the load balancer's own, and counted for no group. */
  private balancerErrors(): Alarm {
    const { errorPercent, minRequests } = this.parts.props.stage.alarms;
    const requests = this.balancerMetric({ metricName: "RequestCount", statistic: "Sum" });
    const errors = this.balancerMetric({ metricName: "HTTPCode_ELB_5XX_Count", statistic: "Sum" });
    const both = "(FILL(requests, 0) + FILL(errors, 0))"; // who was refused before a target was chosen is in errors alone
    return this.alarm({
      name: "errors-balancer",
      description: `More than ${errorPercent} % of the requests found no target that answers`,
      metric: this.math(`IF(${both} >= ${minRequests}, 100 * FILL(errors, 0) / ${both}, 0)`, { requests, errors }),
      threshold: errorPercent,
    });
  }

  /** A check that could not be made tells nothing about the release: it shows as missing data and takes nothing back. */
  private failedChecks(): Alarm {
    const { prefix } = this.parts.props;
    return this.alarm({
      name: "failed-checks",
      description: "Production does not answer its health path as it should",
      metric: new Metric({
        namespace: checkMetrics.namespace,
        metricName: checkMetrics.failures,
        dimensionsMap: { [checkMetrics.dimension]: prefix },
        statistic: "Sum",
        period: Duration.minutes(1),
      }),
      threshold: toleratedFailures,
      treatMissingData: TreatMissingData.MISSING,
    });
  }

  private alarm(spec: AlarmSpec): Alarm {
    const { prefix, stage } = this.parts.props;
    const { name, description, metric, threshold, treatMissingData = TreatMissingData.NOT_BREACHING } = spec;
    const { breaching, of } = stage.alarms.datapoints;
    return new Alarm(this, name, {
      alarmName: `${prefix}-${name}`,
      alarmDescription: description,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: of,
      datapointsToAlarm: breaching,
      treatMissingData,
    });
  }

  private get period(): Duration {
    return Duration.seconds(this.parts.props.stage.alarms.periodSeconds);
  }

  private math(expression: string, usingMetrics: Record<string, IMetric>): MathExpression {
    return new MathExpression({ expression, usingMetrics, period: this.period });
  }

  private balancerMetric(asked: {
    metricName: string;
    statistic: string;
    targetGroup?: ApplicationTargetGroup;
  }): Metric {
    const { metricName, statistic, targetGroup } = asked;
    return new Metric({
      namespace: "AWS/ApplicationELB",
      metricName,
      statistic,
      dimensionsMap: {
        LoadBalancer: this.parts.loadBalancer.loadBalancer.loadBalancerFullName,
        ...(targetGroup && { TargetGroup: targetGroup.targetGroupFullName }),
      },
      period: this.period,
    });
  }
}
