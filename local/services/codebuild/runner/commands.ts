import type { Buildspec, BuildPhaseName } from "../buildspec.ts";
import { phaseSucceeded, type PhaseContext, type PhaseType } from "../progress.ts";
import type { Report } from "./report.ts";
import type { Shell } from "./shell.ts";

interface CommandPhase {
  name: BuildPhaseName;
  type: PhaseType;
  /** as AWS: POST_BUILD runs after a failed BUILD; a failure in another phase ends the build. */
  continuesOnFailure: boolean;
}

const commandPhases: readonly CommandPhase[] = [
  { name: "install", type: "INSTALL", continuesOnFailure: false },
  { name: "pre_build", type: "PRE_BUILD", continuesOnFailure: false },
  { name: "build", type: "BUILD", continuesOnFailure: true },
  { name: "post_build", type: "POST_BUILD", continuesOnFailure: false },
];

export interface CommandsResult {
  succeeded: boolean;
  /** UPLOAD_ARTIFACTS runs if BUILD was reached. */
  reachedBuild: boolean;
}

interface CommandRun {
  buildspec: Buildspec;
  report: Report;
  /** The build's shell, or a new one if a command has exited it. */
  shell: () => Shell;
}

/** Runs the phases of a buildspec in order. */
export async function runCommands(run: CommandRun): Promise<CommandsResult> {
  let succeeded = true;
  let reachedBuild = false;
  for (const phase of commandPhases) {
    reachedBuild ||= phase.name === "build";
    run.report.beginPhase(phase.type);
    const context = await runPhase(run, phase.name);
    const failed = context !== phaseSucceeded;
    run.report.endPhase(failed ? "FAILED" : "SUCCEEDED", context);
    if (!failed) continue;
    succeeded = false;
    await run.shell().run("export CODEBUILD_BUILD_SUCCEEDING=0");
    const onFailure = run.buildspec.phases[phase.name]?.["on-failure"];
    if (onFailure === "ABORT" || (onFailure === undefined && !phase.continuesOnFailure)) break;
  }
  return { succeeded, reachedBuild };
}

async function runPhase(run: CommandRun, name: BuildPhaseName): Promise<PhaseContext> {
  const phase = run.buildspec.phases[name];
  if (!phase) return phaseSucceeded;
  const main = await runUntilFailure(run, phase.commands);
  const last = await runUntilFailure(run, phase.finally);
  return main === phaseSucceeded ? last : main;
}

async function runUntilFailure({ report, shell }: CommandRun, commands: readonly string[]): Promise<PhaseContext> {
  for (const command of commands) {
    report.note(`Running command ${command.trimEnd()}`);
    const status = await shell().run(command);
    if (status === 0) continue;
    report.note(`Command did not exit successfully ${command.trimEnd()} exit status ${status}`);
    return {
      statusCode: "COMMAND_EXECUTION_ERROR",
      message: `Error while executing command: ${command.trimEnd()}. Reason: exit status ${status}`,
    };
  }
  return phaseSucceeded;
}
