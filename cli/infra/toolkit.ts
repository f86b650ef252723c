import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { AwsAccess } from "../stage/credentials.ts";

const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");

interface Deployment {
  assembly: string;
  stacks: readonly string[];
  access: AwsAccess;
  /** Also of changes that broaden permissions, for which the CDK asks by default. */
  approved: boolean;
}

/** `cdk deploy` of the stacks, in the order of their dependencies. Its output goes to standard error. Returns its exit code. */
export async function deployStacks({ assembly, stacks, access, approved }: Deployment): Promise<number> {
  const { profile, region } = access;
  const args = ["deploy", ...stacks, "--app", assembly, "--exclusively", "--no-notices", "--no-version-reporting"];
  if (approved) args.push("--require-approval", "never");
  if (profile !== undefined) args.push("--profile", profile);
  const env = { ...process.env, AWS_REGION: region, CDK_DISABLE_VERSION_CHECK: "1" };
  const child = spawn(process.execPath, [cdk, ...args], { stdio: ["inherit", 2, 2], env });
  const [code] = await once(child, "close");
  return typeof code === "number" ? code : 1;
}
