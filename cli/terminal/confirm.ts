import { createInterface } from "node:readline/promises";
import { UsageError } from "../errors.ts";

/** Asks on a terminal; nobody agrees by accident in a script. */
export async function agree(question: string, json: boolean): Promise<boolean> {
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError("Nobody can be asked here: run it on a terminal, or agree with --yes.");
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
