import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { ApplicationTargetGroup } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Construct } from "constructs";
import type { AlarmKind } from "../lambdas/core/contract.ts";
import { checkMetrics, toleratedFailures } from "../lambdas/events/check-production/contract.ts";
import { toleratedServerErrors } from "../lambdas/traffic/contract.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { StageProps } from "./stage-props.ts";

interface AlarmsProps extends StageProps {
  loadBalancer: LoadBalancer;
}

interface MetricSpec {
  metricName: string;
  statistic: string;
  targetGroup?: ApplicationTargetGroup;
}

interface AlarmSpec {
  name: AlarmKind;
  description: string;
  metric: IMetric;
  threshold: number;
  treatMissingData?: TreatMissingData;
}

/**
 * The alarms that trigger a rollback. Blue and green swap roles with every release, so both target groups have the same alarms.
 * Metric math requires a minimum number of requests, so that a group with little or no traffic does not breach.
 */
export class Alarms extends Construct {
  /** CodeDeploy supports at most ten per deployment group. */
  readonly all: readonly Alarm[];
  /** The exact names: a stage `prod` must not match the alarms of `prod-eu`. */
  readonly names: readonly string[];
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
    const { loadBalancer } = props;
    this.all = [
      ...this.groupAlarms("blue", loadBalancer.blue),
      ...this.groupAlarms("green", loadBalancer.green),
      this.loadBalancerErrors(),
      this.failedChecks(),
    ];
    this.names = this.all.map(({ node }) => this.nameOf(node.id));
  }

  private groupAlarms(group: "blue" | "green", targetGroup: ApplicationTargetGroup): Alarm[] {
    const { errorPercent, latencyP95Seconds, minRequests } = this.props.stage.alarms;
    const metric = (metricName: string, statistic: string) =>
      this.loadBalancerMetric({ metricName, statistic, targetGroup });
    const requests = metric("RequestCount", "Sum");
    return [
      this.alarm({
        name: `errors-${group}`,
        description: `More than ${errorPercent}% of requests to ${group} were answered with a 5xx status`,
        metric: this.errorRate({ requests, errors: metric("HTTPCode_Target_5XX_Count", "Sum") }, "requests"),
        threshold: errorPercent,
      }),
      this.alarm({
        name: `latency-${group}`,
        description: `95th percentile of the response time of ${group} was above ${latencyP95Seconds} s`,
        metric: this.math(`IF(requests >= ${minRequests}, latency, 0)`, {
          requests,
          latency: metric("TargetResponseTime", "p95"),
        }),
        threshold: latencyP95Seconds,
      }),
      this.alarm({
        name: `unhealthy-${group}`,
        // Targets that start or stop are unhealthy too, but their group receives no requests.
        description: `Unhealthy targets in ${group} while it receives requests`,
        metric: this.math("IF(requests > 0, unhealthy, 0)", {
          requests,
          unhealthy: metric("UnHealthyHostCount", "Minimum"),
        }),
        threshold: 0,
      }),
    ];
  }

  /** A 502 or 504 because a target closes the connection or times out counts for the load balancer, not for a target group. */
  private loadBalancerErrors(): Alarm {
    const { errorPercent } = this.props.stage.alarms;
    const requests = this.loadBalancerMetric({ metricName: "RequestCount", statistic: "Sum" });
    const errors = this.loadBalancerMetric({ metricName: "HTTPCode_ELB_5XX_Count", statistic: "Sum" });
    const both = "(FILL(requests, 0) + FILL(errors, 0))"; // RequestCount excludes requests for which no target was chosen
    return this.alarm({
      name: "errors-balancer",
      description: `More than ${errorPercent}% of requests got a 5xx status from the load balancer itself`,
      metric: this.errorRate({ requests, errors }, both),
      threshold: errorPercent,
    });
  }

  /** A check that could not run says nothing about the release: missing data does not trigger a rollback. */
  private failedChecks(): Alarm {
    const { prefix } = this.props;
    return this.alarm({
      name: "failed-checks",
      description: "Production health checks fail",
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
    const { stage } = this.props;
    const { name, description, metric, threshold, treatMissingData = TreatMissingData.NOT_BREACHING } = spec;
    const { breaching, of } = stage.alarms.datapoints;
    return new Alarm(this, name, {
      alarmName: this.nameOf(name),
      alarmDescription: description,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: of,
      datapointsToAlarm: breaching,
      treatMissingData,
    });
  }

  private nameOf(name: string): string {
    return `${this.props.prefix}-${name}`;
  }

  /** In percent. As many errors as a probe of the pipeline may cause do not count, and neither do two lost requests of ten. */
  private errorRate(metrics: { requests: IMetric; errors: IMetric }, requests: string): MathExpression {
    const { minRequests } = this.props.stage.alarms;
    const evaluated = `${requests} >= ${minRequests} AND FILL(errors, 0) > ${toleratedServerErrors}`;
    return this.math(`IF(${evaluated}, 100 * FILL(errors, 0) / ${requests}, 0)`, metrics);
  }

  private get period(): Duration {
    return Duration.seconds(this.props.stage.alarms.periodSeconds);
  }

  private math(expression: string, usingMetrics: Record<string, IMetric>): MathExpression {
    return new MathExpression({ expression, usingMetrics, period: this.period });
  }

  private loadBalancerMetric({ metricName, statistic, targetGroup }: MetricSpec): Metric {
    return new Metric({
      namespace: "AWS/ApplicationELB",
      metricName,
      statistic,
      dimensionsMap: {
        LoadBalancer: this.props.loadBalancer.loadBalancer.loadBalancerFullName,
        ...(targetGroup && { TargetGroup: targetGroup.targetGroupFullName }),
      },
      period: this.period,
    });
  }
}
