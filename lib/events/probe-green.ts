import type { environment } from "../../lambdas/events/probe-green/contract.ts";
import { type Environment, probeEnvironment, trafficEnvironment } from "../environment.ts";
import { answerDeployTokens, answerRestoreTokens, answerRollbackTokens } from "../grants/pipeline.ts";
import { findListener, reportHook } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const probeGreen = pipelineFunction({
  entry: "events/probe-green",
  timeoutSeconds: 900, // waits until green is healthy
  inVpc: true,
  environment: (context): Environment<typeof environment> => ({
    ...trafficEnvironment(context),
    ...probeEnvironment(context),
  }),
  may: [answerDeployTokens, answerRollbackTokens, answerRestoreTokens, findListener, reportHook],
});
