import { App } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { parseConfig } from "../../lib/config.ts";
import { createStacks } from "../../lib/stacks.ts";

const account = "111122223333";
const region = "eu-west-1";

test.each([
  ["the account and Region of the credentials", {}, "aws://unknown-account/unknown-region"],
  ["an account and Region", { account, region }, `aws://${account}/${region}`],
])(
  "stages in %s are synthesized with their repository, without a lookup in the account",
  (_, place, environment) => {
    const app = new App();
    const stages = {
      production: { branch: "main", ...place },
      staging: { branch: "staging", ...place },
      demo: { branch: "demo", ...place },
    };
    createStacks(app, parseConfig({ name: "shop", app: {}, stages }, "lockstep.config.ts"));
    const assembly = app.synth();
    expect(assembly.manifest.missing ?? []).toEqual([]);
    expect(assembly.stacks).toHaveLength(10);
    expect(new Set(assembly.stacks.map((stack) => stack.environment.name))).toEqual(new Set([environment]));
  },
  120_000,
);
