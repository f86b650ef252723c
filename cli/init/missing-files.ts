import type { Repository } from "../repository/repository.ts";
import type { Survey } from "../repository/survey.ts";
import { inFolder } from "../repository/repository.ts";

export interface NewFile {
  readonly file: string;
  readonly text: string;
  /** Lines are added to a file that exists; nothing of it changes. */
  readonly isAddition: boolean;
}

const ignored = [".lockstep/", "cdk.out/"];

/** Entries for .gitignore that are not there. */
export function gitignoreEntries(repository: Repository): NewFile | undefined {
  const text = repository.read(".gitignore");
  const lines = new Set((text ?? "").split(/\r?\n/).map((line) => line.trim().replace(/^\//, "").replace(/\/$/, "")));
  const missing = ignored.filter((entry) => !lines.has(entry.replace(/\/$/, "")));
  if (missing.length === 0) return undefined;
  const separator = text === undefined || text === "" || text.endsWith("\n") ? "" : "\n";
  return { file: ".gitignore", text: `${separator}${missing.join("\n")}\n`, isAddition: text !== undefined };
}

/** `.env.example` names the variables that a release must have, so that a deployment without one fails before its build. */
export function envExample({ root, envExample: existing, variables }: Survey): NewFile | undefined {
  if (existing !== undefined) return undefined;
  const names = [...variables.generated.map(({ value }) => value), ...variables.open.map(({ value }) => value.name)];
  if (names.length === 0) return undefined;
  const lines = names.map((name) => `${name}=\n`);
  return {
    file: inFolder(root, ".env.example"),
    text: `# Variables that the app requires. Those of the database are set by Lockstep.\n${lines.join("")}`,
    isAddition: false,
  };
}
