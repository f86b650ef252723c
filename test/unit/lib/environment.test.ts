import { expect, test } from "vitest";
import type { environment } from "../../../lambdas/deploy/build/contract.ts";
import type { Environment } from "../../../lib/environment.ts";

type BuildEnvironment = Environment<typeof environment>;

// What is asserted here is asserted by the compiler: an expected error that does not occur is an error.
test("the environment of a function is exactly what its contract requires", () => {
  const variables = {
    APP_SECRET_ARN: "arn",
    RESERVED_VARIABLES: "PORT",
    STAGE_VARIABLES: "",
    ASSETS_BEFORE_SHIFT: "true",
    REQUIRED_VARIABLES_FILE: "",
  };
  const project = { PROJECT_NAME: "shop", BUILDSPEC: "buildspec.yml", REPOSITORY_URI: "registry/shop", ...variables };
  const complete: BuildEnvironment = { ...project, REPOSITORY_NAME: "shop" };
  // @ts-expect-error REPOSITORY_NAME is missing
  const incomplete: BuildEnvironment = { ...project };
  // @ts-expect-error the contract has no REPOSITORY
  const unknown: BuildEnvironment = { ...project, REPOSITORY_NAME: "shop", REPOSITORY: "shop" };
  const misspelt = (): BuildEnvironment => ({
    ...project,
    // @ts-expect-error REPOSITORY_NAME is misspelt
    REPOSITORY_NAMES: "shop",
  });
  // @ts-expect-error a variable is a string
  const number: BuildEnvironment = { ...project, REPOSITORY_NAME: 1 };
  expect([complete, incomplete, unknown, misspelt(), number]).toHaveLength(5);
});
