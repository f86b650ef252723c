import { isCollection, isNode, isPair, LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";

/** AWS's YAML_FILE_ERROR: the buildspec is missing or invalid. */
export class BuildspecInvalid extends Error {
  override readonly name = "BuildspecInvalid";
}

export const buildPhases = ["install", "pre_build", "build", "post_build"] as const;
export type BuildPhaseName = (typeof buildPhases)[number];

const commands = z.array(z.string());
const phase = z.strictObject({
  "on-failure": z.enum(["ABORT", "CONTINUE"]).optional(),
  commands,
  finally: commands.default([]),
});
const variableName = z
  .string()
  .regex(/^(?!CODEBUILD_)[A-Za-z_]\w*$/, "must be a variable name that does not begin with CODEBUILD_");
const exportedName = variableName.regex(/^(?!AWS_)/, "variables that begin with AWS_ cannot be exported");

const schema = z.strictObject({
  version: z.literal("0.2"),
  env: z
    .strictObject({
      shell: z.enum(["bash", "/bin/sh", "sh"]).default("/bin/sh"),
      variables: z.record(variableName, z.string()).default({}),
      "secrets-manager": z.record(variableName, z.string()).default({}),
      "exported-variables": z.array(exportedName).default([]),
      "git-credential-helper": z.literal("no").optional(),
    })
    .prefault({}),
  phases: z
    .strictObject({
      install: phase
        .extend({
          commands: commands.default([]),
          "runtime-versions": z.strictObject({ nodejs: z.string().optional() }).optional(),
        })
        .optional(),
      pre_build: phase.optional(),
      build: phase.optional(),
      post_build: phase.optional(),
    })
    .refine((phases) => Object.keys(phases).length > 0, "at least one phase is required"),
  // as AWS: ignored by a project without artifacts.
  artifacts: z.unknown().optional(),
  // as AWS: ignored by a project without a cache.
  cache: z
    .strictObject({
      key: z.string().min(1).optional(),
      "fallback-keys": z.array(z.string().min(1)).max(5).default([]),
      action: z.enum(["restore", "save"]).optional(),
      paths: z.array(z.string().min(1)).default([]),
    })
    .optional(),
});

export type Buildspec = z.output<typeof schema>;

/** Reads a buildspec: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export function parseBuildspec(text: string): Buildspec {
  const lines = new LineCounter();
  // All scalars are read as strings: the version 1.10 is not 1.1.
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error) throw new BuildspecInvalid(`${error.message} at line ${lines.linePos(error.pos[0]).line}`);
  const content: unknown = document.toJS();
  if (content === null || content === "") throw new BuildspecInvalid("The buildspec is empty");
  const result = schema.safeParse(content);
  if (result.success) return checkSecrets(result.data);
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  throw new BuildspecInvalid(issue ? explain({ document, lines }, issue) : "The buildspec cannot be read");
}

function checkSecrets(buildspec: Buildspec): Buildspec {
  const { "secrets-manager": secrets, "exported-variables": exported } = buildspec.env;
  const leak = exported.find((name) => name in secrets);
  if (leak !== undefined)
    throw new BuildspecInvalid(`env/exported-variables: ${leak} comes from Secrets Manager and cannot be exported`);
  return buildspec;
}

interface Source {
  document: Document;
  lines: LineCounter;
}

function explain(source: Source, issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  const line = lineOf(source, path);
  const value = source.document.getIn(path);
  const last = path.at(-1) ?? "";
  if (/^\d+$/.test(last) && isCollection(value)) {
    // AWS's message. The usual cause is an unquoted command with a colon and a space.
    return `Expected Commands[${last}] to be of string type: found subkeys instead at line ${line}, value of the key tag on line ${line - 1} might be empty`;
  }
  const name = path.join("/") || "the buildspec";
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return `${[...path, key].join("/")} at line ${lineOf(source, [...path, key])} is not supported by the local cloud${allowedBeside(name)}`;
  }
  const actual = value === undefined ? "nothing" : JSON.stringify(isNode(value) ? value.toJSON() : value);
  return `${name} at line ${line}: ${issue.message}; found ${actual}`;
}

const allowed: Readonly<Record<string, string>> = {
  "the buildspec": "version, env, phases, artifacts, cache",
  env: "shell, variables, secrets-manager, exported-variables, git-credential-helper",
  phases: buildPhases.join(", "),
  "phases/install": "on-failure, runtime-versions, commands, finally",
  "phases/install/runtime-versions": "nodejs",
  cache: "key, fallback-keys, action, paths",
};

function allowedBeside(name: string): string {
  const names = allowed[name] ?? (name.startsWith("phases/") ? "on-failure, commands, finally" : undefined);
  return names === undefined ? "" : `. Supported: ${names}`;
}

/** Line of the deepest element of the path that the document contains. */
function lineOf({ document, lines }: Source, path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const position = positionOf(document, path.slice(0, length));
    if (position !== undefined) return lines.linePos(position).line;
  }
  return 1;
}

function positionOf(document: Document, path: readonly string[]): number | undefined {
  const parent = document.getIn(path.slice(0, -1));
  const key = path.at(-1);
  if (!isCollection(parent)) return undefined;
  for (const [index, item] of parent.items.entries()) {
    if (isPair(item) && String(item.key) === key) return isNode(item.key) ? item.key.range?.[0] : undefined;
    if (!isPair(item) && String(index) === key) return isNode(item) ? item.range?.[0] : undefined;
  }
  return undefined;
}
