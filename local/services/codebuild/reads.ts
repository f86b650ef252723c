import type { DeclaredInput, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  startBuild: [
    "projectName",
    "sourceVersion",
    "buildspecOverride",
    "environmentVariablesOverride",
    "timeoutInMinutesOverride",
    "idempotencyToken",
  ],
  stopBuild: ["id"],
  batchGetBuilds: ["ids"],
  listBuilds: ["sortOrder"],
  listBuildsForProject: ["projectName", "sortOrder"],
  batchGetProjects: ["names"],
  listProjects: [],
} as const satisfies Reads<"codebuild">;

export type Operations = OperationsOf<"codebuild", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"codebuild", typeof reads, N>;
