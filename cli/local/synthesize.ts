import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { killMarked } from "../../local/kernel/marked-processes.ts";
import { configurationFile, isLockstepsOwn, lockstepDirectory } from "../app-directory.ts";
import { UsageError } from "../errors.ts";
import { createStateDirectory, stateDirectory } from "./state-directory.ts";

const run = promisify(execFile);
const busyPollMs = 500;
/** Set in the environment of the CDK CLI and of the app that it starts. */
const mark = "LOCKSTEP_SYNTHESIS";

interface Synthesis {
  /** Instead of the default one. */
  output?: string;
  signal?: AbortSignal;
}

/** The cloud assembly of the app: in Lockstep's own repository where `cdk synth` writes it. */
export const defaultAssembly = path.join(isLockstepsOwn ? lockstepDirectory : stateDirectory, "cdk.out");

/** `npx cdk synth` of the app's configuration: writes the same cloud assembly as for AWS. */
export async function synthesize({ output = defaultAssembly, signal }: Synthesis = {}): Promise<string> {
  if (path.dirname(output) === stateDirectory) createStateDirectory();
  const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    CDK_DISABLE_VERSION_CHECK: "1",
    [mark]: randomUUID(),
    LOCKSTEP_CONFIG: configurationFile,
  };
  const args = [cdk, "synth", "--quiet", "--no-notices", "--no-version-reporting", "--output", output];
  const options = { cwd: lockstepDirectory, env, maxBuffer: 64 * 1024 * 1024 };
  // The CLI alone would leave the app running, which would still write its output.
  signal?.addEventListener("abort", () => killMarked(mark, (value) => value === env[mark]));
  for (let attempt = 1; ; attempt += 1) {
    const problem = await run(process.execPath, args, options).then(() => undefined, problemOf);
    if (problem === undefined) return output;
    if (!problem.includes("Another CLI") || signal?.aborted)
      throw new UsageError(`The CloudFormation templates could not be synthesized:\n${problem}`);
    if (attempt === 1) console.error(`Another process is synthesizing ${path.relative("", output)}; waiting for it …`);
    await pause(busyPollMs);
  }
}

const problemOf = (error: Error & { stderr?: string }) => (error.stderr || error.message).trim();
