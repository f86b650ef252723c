import { type CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type * as z from "zod/mini";
import { type ProbePorts, sampleListener } from "../../traffic/probing.ts";
import { checkMetrics, type environment } from "./contract.ts";

interface CheckPorts extends ProbePorts {
  readonly cloudWatch: CloudWatchClient;
  readonly log: { warn(message: string, facts: { saw: readonly string[] }): void };
  readonly settings: z.infer<typeof environment>;
}

/** Small enough to be no load, enough to tell one lost request from an app that is down. */
const requests = 5;

/**
 * Asks production as a visitor does, and tells CloudWatch, which an alarm looks at: a release that nobody visits is watched too.
 * A check that could not be made throws and tells nothing.
 */
export function checkProduction({ cloudWatch, settings, log, ...ports }: CheckPorts) {
  return async (): Promise<void> => {
    const Timestamp = ports.clock.now();
    const asked = { listenerArn: settings.LISTENER_ARN, path: settings.HEALTH_PATH };
    const failed = (await sampleListener(ports, asked, requests)).filter(({ ok }) => !ok);
    if (failed.length > 0) log.warn("Production failed a check", { saw: failed.map(({ saw }) => saw) });
    const datum = (MetricName: string, Value: number) => ({
      MetricName,
      Value,
      Timestamp,
      Unit: "Count" as const,
      Dimensions: [{ Name: checkMetrics.dimension, Value: settings.PREFIX }],
    });
    await cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: checkMetrics.namespace,
        MetricData: [datum(checkMetrics.checks, requests), datum(checkMetrics.failures, failed.length)],
      }),
    );
  };
}
