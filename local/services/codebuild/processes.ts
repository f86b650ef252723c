import { killMarked } from "#local/kernel/index.ts";

/** Set in the environment of every process of a build, so that all of them can be found. */
export const buildMark = "CODEBUILD_BUILD_ID";

/** Kills all processes of a build, including those outside its process group and those started meanwhile. */
export function killBuildProcesses(buildId: string): void {
  killMarked(buildMark, (value) => value === buildId);
}
