import type { Config } from "./config/index.ts";

const kit = '"$CODEBUILD_SRC_DIR_release_kit/release-kit.mjs"';
const releaseKit = (command: string) => `node ${kit} ${command}`;

/** What a build exports to the pipeline; the step checks them: lambdas/deploy/build/contract.ts. */
const exportedVariables = [
  "IMAGE_DIGEST",
  "IMAGE_URI",
  "MIGRATIONS",
  "MIGRATION_COUNT",
  "MIGRATION_FINDINGS",
  "REQUIRED_VARIABLES",
];

/** The buildspec of apps without their own. Its commands share one shell: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export function buildspec({ app, build }: Pick<Config, "app" | "build">): Record<string, unknown> {
  const enter = app.root === "." ? [] : [`cd "$CODEBUILD_SRC_DIR/${app.root}"`];
  const test = build.test === false ? [] : (build.test ?? [releaseKit("test")]);
  return {
    version: "0.2",
    env: { shell: "bash", "exported-variables": exportedVariables },
    phases: {
      install: {
        "runtime-versions": { nodejs: app.node },
        commands: [
          ...enter,
          '. "$CODEBUILD_SRC_DIR_release_kit/setup.sh"',
          ...(build.install ?? [releaseKit("install")]),
        ],
      },
      build: { "on-failure": "ABORT", commands: [...test, ...(build.commands ?? [releaseKit("build")])] },
      post_build: {
        commands: [
          ...(build.prune ?? [releaseKit("prune")]),
          releaseKit("publish"),
          '. "$CODEBUILD_SRC_DIR_release_kit/release.env"',
        ],
      },
    },
  };
}
