import type { environment } from "../../lambdas/rollback/verify/contract.ts";
import { type Environment, probeEnvironment } from "../environment.ts";
import { findListener } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const verify = pipelineFunction({
  entry: "rollback/verify",
  timeoutSeconds: 120,
  environment: (context): Environment<typeof environment> => probeEnvironment(context),
  may: [findListener],
});
