import { Argument, Command } from "commander";
import { abort } from "./commands/abort.ts";
import { clone } from "./commands/clone.ts";
import { decide } from "./commands/decide.ts";
import { deploy } from "./commands/deploy.ts";
import type { ConsoleOptions } from "./commands/console.ts";
import type { DoctorOptions } from "./commands/doctor.ts";
import { down } from "./commands/down.ts";
import { env } from "./commands/env.ts";
import { github } from "./commands/github.ts";
import type { InfraDeployOptions, InfraOptions } from "./commands/infra.ts";
import { logs } from "./commands/logs.ts";
import type { InitOptions } from "./commands/init.ts";
import { push } from "./commands/push.ts";
import { redrive } from "./commands/redrive.ts";
import { releases } from "./commands/releases.ts";
import { restore } from "./commands/restore.ts";
import { rollback } from "./commands/rollback.ts";
import { secretList, secretSet, type SecretSetOptions, secretUnset } from "./commands/secret.ts";
import { status } from "./commands/status.ts";
import { unlock } from "./commands/unlock.ts";
import { up } from "./commands/up.ts";
import { exitCodes, UsageError } from "./errors.ts";
import { StageFrozen } from "./stage/freeze.ts";
import { parseCount, parseFactor, parsePort, parseSince, type StageOptions } from "./options.ts";

const program = new Command("lockstep")
  .description("deploy with git push to AWS, or to a local cloud on this machine")
  .showHelpAfterError("(run lockstep --help for usage)")
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    "afterAll",
    `
Exit codes:
  0  success
  1  failed; production unchanged
  2  usage or configuration error
  3  deployment failed and was rolled back
  4  stage frozen: a rollback or a restore has failed`,
  )
  // Before the commands, which inherit it when they are created.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.success : exitCodes.usage));

program
  .command("init")
  .description("write lockstep.config.ts for the app in this repository, as its files show it")
  .option("--yes", "take the best guess instead of asking")
  .option("--json", "print JSON, without asking")
  .action(async (options: InitOptions) => (await import("./commands/init.ts")).init(options));
program
  .command("check")
  .description("explain the configuration against the repository, and what a deployment would fail at; starts nothing")
  .option("--json", "print JSON")
  .action(async (options: { json?: boolean }) => (await import("./commands/check.ts")).check(options));
program
  .command("up")
  .description("start the local cloud and deploy the commit that is checked out, or apply a changed configuration")
  .option("--detach", "return when the app is live")
  .option("--speed <factor>", "how many times faster configured waits run", parseFactor, 60)
  .option("--port <port>", "port of the AWS endpoint, chosen at the first start", parsePort, 4566)
  .option("--stage <name>", "stage of lockstep.config.ts (default: the first)")
  .option("--empty", "do not deploy anything")
  .option("--yes", "do not prompt if the name of the app has changed or a stage was removed")
  .option("--assembly <directory>", "where to synthesize the CloudFormation templates (default: .lockstep/cdk.out)")
  .option("--no-synth", "use the existing templates")
  .action(up);

program
  .command("down")
  .description("stop the local cloud and keep its data")
  .option("--json", "print JSON")
  .action(down);
program
  .command("env")
  .description("print shell exports for the AWS CLI and SDKs")
  .option("--json", "print JSON")
  .action(env);

onStage("status", "show the live release, work in progress and addresses")
  .option("--show-secrets", "print the password of the database")
  .action(status);
onStage("logs", "show the logs of the newest deployment: build, migration and app")
  .addArgument(new Argument("[source]", "build, migration, app (default: of the live release), or a step such as plan"))
  .option("--deployment <id>", "logs of another deployment")
  .option("-f, --follow", "show new lines as they arrive")
  .option(
    "--since <time>",
    "since a time or duration, such as 10m (default: the last 100 lines of the app)",
    parseSince,
  )
  .action(logs);
onStage(
  "releases [deployment]",
  "list deployments with their outcomes, the newest first, or show one: why it failed, and what it changes",
)
  .option("--limit <count>", "number of deployments", parseCount, 20)
  .action(releases);
onStage("receipt <deployment>", "show what a deployment did, who approved it, and what it cost").action(
  async (id: string, options: StageOptions) => (await import("./commands/receipt.ts")).receipt(id, options),
);
onStage("push", "push the commit that is checked out to the stage's branch, and follow its deployment")
  .option("--detach", "return when the deployment has started")
  .action(push);
onStage("clone <directory>", "clone the stage's repository, or correct the URL and credentials of a clone").action(
  clone,
);
onStage("deploy [ref]", "deploy a branch, tag or commit (default: the head of the stage's branch)")
  .option("--config-only", "the live release again, with the current variables, secrets and settings")
  .option("--detach", "return when the deployment has started")
  .action(deploy);
const secret = program
  .command("secret")
  .description("set the secret environment variables of the app, or with --build those of its builds");
onSecret("set <name>", "set a variable; its value is read from a prompt, standard input or a file")
  .option("--file <path>", "file with the value")
  .allowExcessArguments() // commander would print them
  .action((name: string, options: SecretSetOptions, { args }: Command) => {
    if (args.length > 1)
      throw new UsageError("A value is not read from the arguments, which others can list. Fix: leave it out.");
    return secretSet(name, options);
  });
onSecret("list", "list the names of the variables and when they were set").action(secretList);
onSecret("unset <name>", "remove a variable").action(secretUnset);
onStage("github", "connect the stage to its repository on GitHub")
  .addArgument(new Argument("<action>", "what to do").choices(["connect"]))
  .option("--rotate", "replace the secret of the webhook")
  .action(github);
onStage(
  "redrive [deployment]",
  "resume a failed deployment, rollback or restore at the step that failed (default: the last one)",
).action(redrive);
withReason("abort [deployment]", "stop a deployment and roll back its changes, or stop a running rollback")
  .option("--yes", "stop a rollback without a prompt")
  .action(abort);
withReason("approve [deployment]", "approve a pending deployment").action((deployment, options) =>
  decide("approved", deployment, options),
);
withReason("reject [deployment]", "reject a pending deployment").action((deployment, options) =>
  decide("rejected", deployment, options),
);
withReason("unlock", "release the deployment lock and unfreeze the stage")
  .option("--force", "even if the holder of the lock is still running")
  .option("--yes", "do not prompt")
  .action(unlock);
withReason("rollback [release]", "return traffic to an earlier release (default: the last good one)").action(rollback);
onStage("restore [snapshot]", "restore the database from a snapshot (default: list the snapshots)")
  .option(
    "--with-rollback",
    "also roll back to the last release that runs on the snapshot's schema, if the live one does not",
  )
  .option("--yes", "accept the reported data loss without a prompt")
  .action(restore);

program
  .command("console")
  .description("open a page in the browser that shows the stages and steers their deployments")
  .option("--stage <name>", "stage to show first")
  .option("--profile <name>", "AWS profile; works on AWS even if a local cloud is running in this directory")
  .option("--region <region>", "AWS Region, as with --profile (default: of the stage or the profile)")
  .option("--port <port>", "port on this machine (default: a free one)", parsePort, 0)
  .option("--no-open", "print the address only")
  .option("--json", "print JSON, and do not open a browser")
  .action(async (options: ConsoleOptions) => (await import("./commands/console.ts")).openConsole(options));

withStage(program.command("doctor").description("check the AWS account before the first deployment, or this machine"))
  .option("--local", "check only what the local cloud needs of this machine")
  .option("--app <directory>", "use an existing cloud assembly (default: synthesize cdk.out)")
  .action(async (options: DoctorOptions) => (await import("./commands/doctor.ts")).doctor(options));

// Loaded only for its commands: it compares templates with the schemas of all resource types.
const infraCommands = () => import("./commands/infra.ts");
const infra = program.command("infra").description("compare and update the CloudFormation stacks of a stage on AWS");
withStage(infra.command("diff").description("show what an update creates, changes, replaces and refuses"))
  .option("--app <directory>", "use an existing cloud assembly (default: synthesize cdk.out)")
  .action(async (options: InfraOptions) => (await infraCommands()).infraDiff(options));
withStage(infra.command("deploy").description("show the same, then update the stacks while no deployment is running"))
  .option("--app <directory>", "use an existing cloud assembly (default: synthesize cdk.out)")
  .option("--yes", "do not prompt, also not for broader permissions")
  .action(async (options: InfraDeployOptions) => (await infraCommands()).infraDeploy(options));

await program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(exitCodeOf(error));
});

function exitCodeOf(error: unknown): number {
  if (error instanceof StageFrozen) return exitCodes.stageFrozen;
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

/** A command on a stage, on AWS or local. */
function onStage(name: string, description: string): Command {
  return withStage(program.command(name).description(description));
}

function onSecret(name: string, description: string): Command {
  return withStage(secret.command(name).description(description)).option("--build", "of the builds");
}

function withStage(command: Command): Command {
  return command
    .option("--stage <name>", "stage of lockstep.config.ts (default: the first)")
    .option("--profile <name>", "AWS profile; works on AWS even if a local cloud is running in this directory")
    .option("--region <region>", "AWS Region, as with --profile (default: of the stage or the profile)")
    .option("--json", "print JSON");
}

function withReason(name: string, description: string): Command {
  return onStage(name, description).option("--reason <text>", "reason, for the record");
}
