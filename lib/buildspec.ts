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
  "ASSETS_IMAGE_DIGEST",
  "WATCHED_PATHS",
];

/** Settings and patches that an installation depends on, and the schemas that Prisma generates code from. The release kit checks more. */
const installationInputs = [
  "**/package-lock.json",
  "**/npm-shrinkwrap.json",
  "**/pnpm-lock.yaml",
  "**/yarn.lock",
  "**/*.prisma",
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".pnpmfile.cjs",
  "pnpm-workspace.yaml",
  "patches/**",
  ".yarn/patches/**",
];
const cacheFolder = ".lockstep-cache";

/** It is not part of the app: a TypeScript compiler that includes it would need Lockstep's types, and might move its whole output. */
const removeConfiguration = 'rm -f lockstep.config.ts "$CODEBUILD_SRC_DIR/lockstep.config.ts"';

/** What `release-kit install` keeps; the version is that of its archives (release-kit/installation-cache.ts): https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html */
function cacheOf(node: number): Record<string, unknown> {
  const files = installationInputs.map((pattern) => `"${pattern}"`).join(" ");
  return { key: `v2-node${node}-$(codebuild-hash-files ${files})`, paths: [`${cacheFolder}/**/*`] };
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/lambda.html#lambda.limitations */
export const hasCache = ({ cache, compute }: Config["build"]) => cache ?? compute !== "lambda";

/** The buildspec of apps without their own. Its commands share one shell: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export function buildspec({ app, build }: Pick<Config, "app" | "build">): Record<string, unknown> {
  const enter = app.root === "." ? [] : [`cd "$CODEBUILD_SRC_DIR/${app.root}"`];
  // After the build: tests may need its output, or that of a package in the repository.
  const test = build.test === false ? [] : (build.test ?? [releaseKit("test")]);
  const hasDatabase = build.database && test.length > 0;
  const database = [releaseKit("start-database"), '. "$CODEBUILD_SRC_DIR_release_kit/database.env"'];
  return {
    version: "0.2",
    env: {
      shell: "bash",
      "exported-variables": exportedVariables,
      ...(hasCache(build) && { variables: { INSTALLATION_CACHE: cacheFolder } }),
    },
    phases: {
      install: {
        // The image of Lambda compute has one version, and the home folder of its user is not writable.
        ...(build.compute !== "lambda" && { "runtime-versions": { nodejs: app.node } }),
        commands: [
          ...(build.compute === "lambda" ? ['[ -w "$HOME" ] || export HOME=/tmp'] : []),
          ...enter,
          '. "$CODEBUILD_SRC_DIR_release_kit/setup.sh"',
          ...(build.install ?? [releaseKit("install")]),
          removeConfiguration,
        ],
      },
      build: {
        "on-failure": "ABORT",
        commands: build.testDuringBuild
          ? [...(hasDatabase ? database : []), releaseKit("build-and-test")]
          : [...(build.commands ?? [releaseKit("build")]), ...(hasDatabase ? database : []), ...test],
        ...(hasDatabase && { finally: [releaseKit("stop-database")] }),
      },
      post_build: {
        commands: [
          ...(build.prune ?? [releaseKit("prune")]),
          releaseKit("publish"),
          '. "$CODEBUILD_SRC_DIR_release_kit/release.env"',
        ],
      },
    },
    ...(hasCache(build) && { cache: cacheOf(app.node) }),
  };
}
