import path from "node:path";
import type { environment } from "../../lambdas/deploy/build/contract.ts";
import { type Environment, sourceEnvironment, variableEnvironment } from "../environment.ts";
import { findBuiltImage, readBuild, readBuildLog, readCommit, startBuild } from "../grants/build.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { readAppSecret } from "../grants/secrets.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const build = pipelineFunction({
  entry: "deploy/build",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    PROJECT_NAME: context.project.projectName,
    REPOSITORY_URI: context.data.images.repository.repositoryUri,
    BUILDSPEC: path.posix.join(context.props.config.app.root, "buildspec.yml"),
    REQUIRED_VARIABLES_FILE: path.posix.join(context.props.config.app.root, ".env.example"),
    ASSETS_BEFORE_SHIFT: String(context.props.stage.assetsBeforeShift),
    ...variableEnvironment(context),
    ...sourceEnvironment(context),
  }),
  may: [answerDeployTokens, readCommit, startBuild, readBuild, readBuildLog, findBuiltImage, readAppSecret],
});
