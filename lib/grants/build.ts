import { arn } from "../pipeline-context.ts";
import type { Grant } from "./grant.ts";

export const readCommit: Grant = ({ repository }) => [
  { actions: ["codecommit:GetFile", "codecommit:GetCommit"], resources: [repository.repositoryArn] },
];

export const readBranch: Grant = ({ repository }) => [
  { actions: ["codecommit:GetBranch"], resources: [repository.repositoryArn] },
];

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
