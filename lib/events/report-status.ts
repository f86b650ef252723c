import type { environment } from "../../lambdas/events/report-status/contract.ts";
import { type Environment, probeEnvironment } from "../environment.ts";
import { readToken } from "../grants/build.ts";
import { findListener } from "../grants/traffic.ts";
import type { PipelineContext } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";
import type { Source } from "../source.ts";

/** The only function that writes to GitHub. */
export function reportStatus(context: PipelineContext, source: Extract<Source, { kind: "github" }>) {
  return pipelineFunction({
    entry: "events/report-status",
    timeoutSeconds: 60,
    environment: (context): Environment<typeof environment> => ({
      ...probeEnvironment(context),
      REPOSITORY_NAME: source.name,
      GITHUB_TOKEN_ARN: source.token.secretArn,
    }),
    may: [readToken, findListener],
  })(context);
}
