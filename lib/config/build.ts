import * as z from "zod";
import { variableName } from "./values.ts";

const commands = z.array(z.string().min(1)).min(1);

const projectVariables = [
  "REPOSITORY_URI",
  "BASE_IMAGE",
  "START_COMMAND",
  "MIGRATION_SETTINGS",
  "IMAGE_FILES",
  "INSTALLATION_CACHE",
];

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html: CodeBuild and Lockstep set these themselves. */
const buildVariable = variableName.refine(
  (name) => !/^(CODEBUILD_|AWS_)/.test(name) && !projectVariables.includes(name),
  `a name that neither begins with CODEBUILD_ or AWS_ nor is one of Lockstep's`,
);

export const build = z
  .strictObject({
    install: commands
      .optional()
      .describe("Commands that install the dependencies; defaults to the package manager of the lock file."),
    test: z
      .union([z.literal(false), commands], "false or a list of commands")
      .optional()
      .describe("Commands that test the app, or `false`; defaults to the script `test` of package.json."),
    testDuringBuild: z
      .boolean()
      .default(false)
      .describe(
        "Runs the script `test` at the same time as the script `build`: for tests that need nothing that the build writes. Not with `test` and `commands`.",
      ),
    commands: commands
      .optional()
      .describe(
        "Commands that build the app; defaults to the script `build` of package.json, after those of the packages in the repository that the app depends on.",
      ),
    prune: commands
      .optional()
      .describe(
        "Commands that remove what the app does not need in production; by default its development dependencies, and in workspaces the dependencies of other apps.",
      ),
    cache: z
      .boolean()
      .optional()
      .describe(
        'Keeps installed dependencies in S3, so that a build with an unchanged lock file installs nothing; the default, except with `compute: "lambda"`. `false` for dependencies whose install scripts write outside node_modules and ~/.cache.',
      ),
    compute: z
      .enum(["small", "medium", "large", "lambda"])
      .default("small")
      .describe(
        "Size of the build machine: 2, 4 or 8 vCPUs. `lambda` starts in seconds, but has no cache, ends after 15 minutes, writes to /tmp only, has no root user, and is not in every Region.",
      ),
    variables: z
      .record(buildVariable, z.string())
      .default({})
      .describe("Environment variables of the build. Not for secrets."),
    secrets: z
      .array(buildVariable)
      .default([])
      .describe(
        "Secret environment variables of the build, such as the token of a private registry: keys of the secret `<app>-<stage>/build` in Secrets Manager.",
      ),
    database: z
      .boolean()
      .default(false)
      .describe(
        'Tests get an empty PostgreSQL, in DATABASE_URL and PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE; not with `compute: "lambda"`.',
      ),
  })
  .refine(
    ({ variables, secrets }) => secrets.every((name) => !Object.hasOwn(variables, name)),
    "each name either in variables or in secrets",
  )
  .refine(
    ({ testDuringBuild, test, commands }) => !testDuringBuild || (test === undefined && commands === undefined),
    "`testDuringBuild` only without `test` and `commands`",
  )
  // https://docs.aws.amazon.com/codebuild/latest/userguide/lambda.html#lambda.limitations
  .refine(({ compute, cache }) => compute !== "lambda" || cache !== true, '`cache` only without `compute: "lambda"`')
  // Lambda has no /dev/shm (https://pypi.org/project/lambda-multiprocessing/): https://www.postgresql.org/docs/current/kernel-resources.html
  .refine(
    ({ compute, database }) => compute !== "lambda" || !database,
    '`database` only without `compute: "lambda"`, which has no shared memory for PostgreSQL',
  )
  .prefault({});
