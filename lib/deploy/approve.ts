import type { environment } from "../../lambdas/deploy/approve/contract.ts";
import type { Environment } from "../environment.ts";
import { answerDeployTokens, notify } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const approve = pipelineFunction({
  entry: "deploy/approve",
  timeoutSeconds: 30,
  environment: ({ props }): Environment<typeof environment> => ({
    APPROVAL_MINUTES: String(props.stage.approval?.minutes ?? 0),
  }),
  may: [answerDeployTokens, notify("Lockstep Approval Requested")],
});
