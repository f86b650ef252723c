import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { styleText } from "node:util";
import { UsageError } from "../errors.ts";

export { howLong, shortId } from "./notation.ts";

/** Untrusted text on one line, without characters that move the cursor or change colours. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** The same for text of several lines. */
export function cleanLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.replaceAll("\t", "  ").replaceAll(/[\p{Cc}\p{Cf}]/gu, ""))
    .join("\n");
}

/** The title of a commit message. */
export function titleOf(message: string | undefined): string {
  return oneLine((message ?? "").trimStart().split(/\r?\n/)[0] ?? "");
}

export function shorten(text: string, length: number): string {
  const characters = charactersOf(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

const segmenter = new Intl.Segmenter();

/** Grapheme clusters: a letter with its accents is one character. */
function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

/** Local time, to the minute. */
export function clockTime(iso: string): string {
  const at = new Date(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Rows under headings, each column as wide as its widest cell, cut off at the width of the terminal. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => charactersOf(row[index] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    shorten(
      row
        .map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - charactersOf(cell).length))
        .join("  ")
        .trimEnd(),
      width,
    );
  return [headings, ...rows].map(line).join("\n");
}

export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

/** Asks yes or no on the terminal; Ctrl-C and Ctrl-D mean no. */
export async function confirm(question: string, json: boolean): Promise<boolean> {
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError("Confirmation is required, and this is not a terminal. Fix: add --yes.");
  }
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `, process.stdout));
}

/** Asks for a line on the terminal, but not on standard output, which may be JSON. */
export async function prompt(subject: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError(`${subject} is required, and this is not a terminal.`);
  return ask(`${subject}: `, process.stderr);
}

/** Asks for a secret, which the terminal does not show. */
export async function promptHidden(subject: string): Promise<string> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output, terminal: true }); // from here on, the terminal shows no input
  process.stderr.write(`${subject} (not shown): `);
  try {
    return await terminal.question("");
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw new UsageError("Cancelled. Nothing was changed.");
    throw error;
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}

async function ask(question: string, output: NodeJS.WriteStream): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output });
  const answer = await terminal.question(question).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== "AbortError") throw error;
    output.write("\n");
    return "";
  });
  terminal.close();
  return answer.trim();
}

/** Colour on a terminal; plain text for a file or a pipe. */
export function colour(format: "green" | "red" | "yellow" | "dim" | "bold", text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
