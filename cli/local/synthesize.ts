import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../errors.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const run = promisify(execFile);

interface Synthesis {
  /** Instead of lockstep.config.ts. */
  config?: string;
  /** Instead of cdk.out. */
  output?: string;
}

/** `npx cdk synth`: writes the same cdk.out as for AWS. */
export async function synthesize({ config, output = path.join(root, "cdk.out") }: Synthesis = {}): Promise<string> {
  const cdk = path.join(root, "node_modules", "aws-cdk", "bin", "cdk");
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    CDK_DISABLE_VERSION_CHECK: "1",
    ...(config !== undefined && { LOCKSTEP_CONFIG: config }),
  };
  const args = [cdk, "synth", "--quiet", "--no-notices", "--no-version-reporting", "--output", output];
  await run(process.execPath, args, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 }).catch(
    (cause: Error & { stderr?: string }) => {
      throw new UsageError(
        `The CloudFormation templates could not be synthesized:\n${(cause.stderr ?? cause.message).trim()}`,
        {
          cause,
        },
      );
    },
  );
  return output;
}
