import { Command, InvalidArgumentError } from "commander";
import { down } from "./commands/down.ts";
import { env } from "./commands/env.ts";
import { restore } from "./commands/restore.ts";
import { status } from "./commands/status.ts";
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
program
  .command("status")
  .description("what is live, what is being deployed, where everything is")
  .option("--stage <name>", "stage of lockstep.config.ts")
  .option("--json", "print JSON")
  .action(status);

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
