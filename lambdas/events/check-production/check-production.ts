import { type CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type * as z from "zod/mini";
import { type ProbeDeps, production, sampleListener } from "../../traffic/probing.ts";
import { checkMetrics, type environment, toleratedFailures } from "./contract.ts";

interface CheckDeps extends ProbeDeps {
  readonly cloudWatch: CloudWatchClient;
  readonly log: { warn(message: string, detail: { observed: readonly string[] }): void };
  readonly settings: z.infer<typeof environment>;
}

/** Few enough to add no load, enough to distinguish one lost request from an app that is down. */
const requests = 5;

/**
 * Sends requests to production and publishes how many failed, for an alarm: so a release without visitors is monitored too.
 * It ends when enough have failed, and sends none while no target is healthy: its requests count in the other alarms as well.
 * A check that could not run throws and publishes nothing.
 */
export function checkProduction({ cloudWatch, settings, log, ...deps }: CheckDeps) {
  return async (): Promise<void> => {
    const Timestamp = deps.clock.now();
    const verdicts = await sampleListener(deps, production(settings), { requests, failures: toleratedFailures + 1 });
    const failed = verdicts.filter(({ ok }) => !ok);
    if (failed.length > 0) log.warn("Production check failed", { observed: failed.map(({ observed }) => observed) });
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
        MetricData: [datum(checkMetrics.checks, verdicts.length), datum(checkMetrics.failures, failed.length)],
      }),
    );
  };
}
