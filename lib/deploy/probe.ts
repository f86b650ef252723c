import type { environment } from "../../lambdas/deploy/probe/contract.ts";
import { type Environment, probeEnvironment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { findListener } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const probe = pipelineFunction({
  entry: "deploy/probe",
  timeoutSeconds: 120,
  environment: (context): Environment<typeof environment> => probeEnvironment(context),
  may: [answerDeployTokens, findListener],
});
