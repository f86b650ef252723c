import path from "node:path";
import type { environment } from "../../lambdas/deploy/build/contract.ts";
import { type Environment, sourceEnvironment } from "../environment.ts";
import { findBuiltImage, readBuild, readBuildLog, readCommit, startBuild } from "../grants/build.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const build = pipelineFunction({
  entry: "deploy/build",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    PROJECT_NAME: context.project.projectName,
    REPOSITORY_URI: context.data.images.repository.repositoryUri,
    BUILDSPEC: path.posix.join(context.props.config.app.root, "buildspec.yml"),
    ...sourceEnvironment(context),
  }),
  may: [answerDeployTokens, readCommit, startBuild, readBuild, readBuildLog, findBuiltImage],
});
