import { arn, type PipelineContext } from "../pipeline-context.ts";
import type { Grant } from "./grant.ts";
import type { Statement } from "./statement.ts";

export const readCommit: Grant = (context) => readSource(context, ["GetFile", "GetCommit"]);

/** And what its pushes change. */
export const readBranch: Grant = (context) => readSource(context, ["GetBranch", ...differences]);

/** What a push changes: its commit and the files that differ from the live release. */
export const readPush: Grant = (context) => readSource(context, differences);

const differences = ["GetCommit", "GetDifferences"];

export const readToken: Grant = (context) => (context.source.kind === "github" ? readSource(context, []) : []);

/** GitHub allows what the permissions of the token do: docs/github.md. */
function readSource({ source }: PipelineContext, actions: readonly string[]): Statement[] {
  return source.kind === "github"
    ? [{ actions: ["secretsmanager:GetSecretValue"], resources: [source.token.secretArn] }]
    : [{ actions: actions.map((action) => `codecommit:${action}`), resources: [source.repository.repositoryArn] }];
}

export const startBuild: Grant = ({ project }) => [
  { actions: ["codebuild:StartBuild"], resources: [project.projectArn] },
];

export const stopBuild: Grant = ({ project }) => [
  { actions: ["codebuild:StopBuild"], resources: [project.projectArn] },
];

export const readBuild: Grant = ({ project }) => [
  { actions: ["codebuild:BatchGetBuilds"], resources: [project.projectArn] },
];

export const readBuildLog: Grant = (context) => [
  {
    actions: ["logs:GetLogEvents"],
    resources: [arn(context, "logs", `log-group:/aws/codebuild/${context.project.projectName}:*`)],
  },
];

/** Only whether it exists: not its content, and in no other repository. */
export const findBuiltImage: Grant = ({ data }) => [
  { actions: ["ecr:DescribeImages"], resources: [data.images.repository.repositoryArn] },
];

export const pruneImages: Grant = ({ data }) => [
  { actions: ["ecr:DescribeImages", "ecr:BatchDeleteImage"], resources: [data.images.repository.repositoryArn] },
];
