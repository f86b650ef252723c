import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { Proof } from "./proof.ts";
import { featureFlags as flags } from "../../lib/feature-flags.ts";

const prefix = "@aws-cdk/";
const recommended = z
  .record(z.string(), z.json())
  .parse(createRequire(import.meta.url)("aws-cdk-lib/recommended-feature-flags.json"));

/** Every flag of lib/feature-flags.ts that differs from the recommendation of the CDK, and why. */
const reasons: Readonly<Record<string, string>> = {
  "@aws-cdk/core:defaultCrossStackReferences":
    "Strong references: CloudFormation refuses to delete or replace what another stack uses, which a weak one allows " +
    "(https://github.com/aws/aws-cdk/pull/37800).",
  "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup":
    "Its custom resource has a function that no one can restrict, with a managed policy that allows all log groups " +
    "(https://github.com/aws/aws-cdk/issues/31628); nothing is in the default security group.",
};

export const featureFlags: Proof = {
  name: "Feature flags",
  async run() {
    const names = Object.keys(recommended);
    const missing = names.filter((name) => !(name in flags));
    const different = names.filter((name) => name in flags && !isDeepStrictEqual(flags[name], recommended[name]));
    const unknown = Object.keys(flags).filter((name) => name.startsWith(prefix) && !(name in recommended));
    return {
      checked: `${names.length} recommended flags, ${different.length} different with a reason`,
      findings: [
        ...missing.map((name) => `${name} is not configured in lib/feature-flags.ts`),
        ...different.filter((name) => !(name in reasons)).map((name) => `${name} differs without a reason`),
        ...Object.keys(reasons)
          .filter((name) => !different.includes(name))
          .map((name) => `${name} has a reason but does not differ`),
        ...unknown.map((name) => `${name} is not a flag of this version of the CDK`),
      ],
    };
  },
};
