import type * as z from "zod";

/** The user's configuration cannot be used. The message names file, field, the value found and the values allowed. */
export class ConfigInvalid extends Error {
  override readonly name = "ConfigInvalid";

  static unreadable(file: string, cause: unknown): ConfigInvalid {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const problem = isMissing
      ? `${file} does not exist\nFix: run the command in the folder of ${file}, or set LOCKSTEP_CONFIG to its path.`
      : `${file} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}\nFix: correct the file.`;
    return new ConfigInvalid(problem, { cause });
  }

  static withIssues(file: string, value: unknown, issues: readonly z.core.$ZodIssue[]): ConfigInvalid {
    const lines = issues
      .flatMap(ofMatchingOption)
      .map((issue) => `  ${issue.path.join(".") || "(default export)"}: ${describe(issue, value)}`);
    return new ConfigInvalid(
      `${file} is not a valid configuration:\n${lines.join("\n")}\nFix: correct these fields. docs/generated/configuration.md describes every field.`,
    );
  }
}

/** Of a choice between values and one object, an object has the issues of the object's fields. */
function ofMatchingOption(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const isOfType = (issues: readonly z.core.$ZodIssue[]) =>
    !issues.some(({ code, path }) => path.length === 0 && ["invalid_type", "invalid_value"].includes(code));
  const [matching, ...others] = issue.errors.filter(isOfType);
  if (!matching || others.length > 0) return [issue];
  return matching.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The allowed values, where the schema itself does not say them in words. */
export function allowedValues(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "too_small":
      if (issue.origin !== "number" && issue.origin !== "int")
        return `a non-empty ${issue.origin === "array" ? "list" : issue.origin}`;
      return issue.inclusive ? `at least ${issue.minimum}` : `more than ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "custom":
    case "invalid_element":
    case "invalid_format":
    case "invalid_key":
    case "invalid_union":
    case "unrecognized_keys":
    default:
      return undefined;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: "an integer",
  number: "a number",
  string: "a string",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "unrecognized_keys") {
    const fields = issue.keys.map((key) => `"${key}"`).join(", ");
    return `unknown field ${fields}; remove it or correct its spelling`;
  }
  if (issue.code === "invalid_key") return `expected a name of ${issue.issues[0]?.message}`;
  if (issue.code === "custom" && issue.params?.isSecret === true)
    return `it looks like a secret; expected ${issue.message}`;
  const text = JSON.stringify(valueAt(value, issue.path)) ?? "";
  const actual = text === "" ? "it is missing" : `found ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
  return `${actual}; expected ${issue.message}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner: unknown, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
