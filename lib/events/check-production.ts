import type { environment } from "../../lambdas/events/check-production/contract.ts";
import { type Environment, probeEnvironment } from "../environment.ts";
import { findListener, putCheckMetrics } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const checkProduction = pipelineFunction({
  entry: "events/check-production",
  timeoutSeconds: 50,
  withoutTable: true,
  environment: (context): Environment<typeof environment> => ({
    ...probeEnvironment(context),
    PREFIX: context.props.prefix,
  }),
  may: [findListener, putCheckMetrics],
});
