import { Command, InvalidArgumentError } from "commander";
import { abort } from "./commands/abort.ts";
import { decide } from "./commands/decide.ts";
import { deploy } from "./commands/deploy.ts";
import { down } from "./commands/down.ts";
import { env } from "./commands/env.ts";
import { redrive } from "./commands/redrive.ts";
import { releases } from "./commands/releases.ts";
import { restore } from "./commands/restore.ts";
import { rollback } from "./commands/rollback.ts";
import { status } from "./commands/status.ts";
import { unlock } from "./commands/unlock.ts";
import { up } from "./commands/up.ts";
import { exitCodes, UsageError } from "./errors.ts";

export interface StageOptions {
  stage?: string;
  json?: boolean;
}

const program = new Command("lockstep")
  .description("git push to a safe production release on AWS; the same on this machine")
  .showHelpAfterError("(lockstep --help tells more)")
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    "afterAll",
    `
Exit codes:
  0  what was asked for is done
  1  it is not, and nothing that users see was changed
  2  the call or the configuration is wrong
  3  a deployment failed and was rolled back
  4  a rollback failed: look at what is live`,
  )
  // Before the commands, which inherit it as they are made.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));

program
  .command("up")
  .description("start the local cloud and deploy the example app (npm start)")
  .option("--detach", "return when the app is live")
  .option("--speed <factor>", "how many times faster configured waits run", positive, 60)
  .option("--port <port>", "port of the AWS endpoint at the first start", port, 4566)
  .option("--stage <name>", "stage of lockstep.config.ts")
  .option("--empty", "do not push the example app")
  .option("--no-synth", "use the cdk.out that is there")
  .action(up);

program.command("down").description("stop the local cloud; its data stays").option("--json", "print JSON").action(down);
program.command("env").description("print exports for a shell").option("--json", "print JSON").action(env);

onStage("status", "what is live, what is being deployed, what waits, where everything is").action(status);
onStage("releases", "what was deployed, the newest first, and what became of it")
  .option("--limit <count>", "how many", count, 20)
  .action(releases);
onStage("deploy [ref]", "deploy a branch, tag or commit; the head of the stage's branch without one")
  .option("--detach", "return as soon as it is started")
  .action(deploy);
onStage("redrive [deployment]", "go on with a deployment where it failed; without one, the last that failed").action(
  redrive,
);
onStage("abort [deployment]", "stop a deployment and take back what it has changed")
  .option("--reason <text>", "why, for the record")
  .action(abort);
onStage("approve [deployment]", "let a deployment go on that waits for it")
  .option("--reason <text>", "why, for the record")
  .action((deployment, options) => decide("approved", deployment, options));
onStage("reject [deployment]", "end a deployment that waits for approval")
  .option("--reason <text>", "why, for the record")
  .action((deployment, options) => decide("rejected", deployment, options));
onStage("unlock", "take the lock from who holds it, and end a freeze")
  .option("--reason <text>", "why, for the record")
  .option("--force", "even from an execution that is at work")
  .option("--yes", "without being asked")
  .action(unlock);
onStage("rollback [release]", "go back to an earlier release; without one, the last good one before the current one")
  .option("--reason <text>", "why, for the record")
  .action(rollback);

program
  .command("restore [snapshot]")
  .description("bring the database back to a snapshot, after telling what is lost; without a snapshot, list them")
  .option("--stage <name>", "stage of lockstep.config.ts")
  .option("--yes", "agree to the loss that is told, without being asked")
  .option("--json", "print JSON")
  .action(restore);

await program.parseAsync().catch((error: unknown) => {
  const known = error instanceof Error;
  console.error(known ? error.message : String(error));
  process.exit(error instanceof UsageError ? exitCodes.usage : exitCodes.failed);
});

/** A command about a stage, wherever that lives. */
function onStage(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--stage <name>", "stage of lockstep.config.ts; its first one when left out")
    .option("--json", "print JSON");
}

function count(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("Expected a whole number, at least 1.");
  return number;
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 10_000))
    throw new InvalidArgumentError("Expected a number greater than 0, at most 10000.");
  return number;
}

function port(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1024 || number > 65_535)
    throw new InvalidArgumentError("Expected a port from 1024 to 65535.");
  return number;
}
