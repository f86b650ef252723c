import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { UsageError } from "../errors.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { changeSecret, checkSecretName, listSecret, secretId } from "../stage/secrets.ts";
import { openStage } from "../stage/stage.ts";
import { clockTime, promptHidden, table, terminalWidth } from "../terminal/text.ts";

export interface SecretOptions extends StageOptions {
  build?: boolean;
}

export interface SecretSetOptions extends SecretOptions {
  file?: string;
}

const kindOf = ({ build }: SecretOptions) => (build ? "build" : "app");

/** `lockstep secret set NAME`: the value never comes from the arguments, which other users of the machine can list. */
export async function secretSet(name: string, options: SecretSetOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const kind = kindOf(options);
  checkSecretName(stage, kind, name);
  const value = await readValue(name, options.file);
  const isChanged = await changeSecret(clients, stage, { kind, name, value });
  const secret = secretId(stage, kind);
  if (options.json) return console.log(JSON.stringify({ secret, name, changed: isChanged }, null, 2));
  console.log(isChanged ? `${name} is set in ${secret}. ${effectOf(options)}` : `${name} has this value already.`);
}

/** `lockstep secret unset NAME`. */
export async function secretUnset(name: string, options: SecretOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const kind = kindOf(options);
  checkSecretName(stage, kind, name);
  await changeSecret(clients, stage, { kind, name, value: undefined });
  const secret = secretId(stage, kind);
  if (options.json) return console.log(JSON.stringify({ secret, name, changed: true }, null, 2));
  console.log(`${name} is removed from ${secret}. ${effectOf(options)}`);
}

/** `lockstep secret list`: names and when they were set, never values. */
export async function secretList(options: SecretOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const list = await listSecret(clients, stage, kindOf(options));
  if (options.json) return console.log(JSON.stringify(list, null, 2));
  const rows = list.keys.map(({ name, changedAt }) => [name, changedAt === null ? "" : clockTime(changedAt)]);
  console.log(rows.length === 0 ? `${list.secret} has no keys.` : table(["Name", "Set"], rows, terminalWidth()));
  if (list.isLive === false) console.log(`\nThe live release has earlier values. To deploy these, run: ${configOnly}`);
}

const configOnly = "lockstep deploy --config-only";

const effectOf = ({ build }: SecretOptions) =>
  build ? "The next build uses it." : `The live release keeps its values. To deploy the change now, run: ${configOnly}`;

/** Without the line break that editors and `echo` add. */
async function readValue(name: string, file: string | undefined): Promise<string> {
  const value = await readInput(name, file);
  if (value === "") throw new UsageError(`The value of ${name} is empty. Nothing was changed.`);
  if (value.includes("\0")) throw new UsageError("An environment variable cannot hold a NUL character.");
  return value;
}

async function readInput(name: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return withoutLineBreak(readFile(file));
  return process.stdin.isTTY ? promptHidden(`Value of ${name}`) : withoutLineBreak(await text(process.stdin));
}

const withoutLineBreak = (value: string) => value.replace(/\r?\n$/, "");

function readFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`The file ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
