import type { Observation } from "../observation.ts";
import { observe } from "../observation.ts";
import type { Pm2App } from "../pm2.ts";
import type { Source } from "../source/sources.ts";
import type { Need } from "../source/variable-reads.ts";
import {
  canBeGenerated,
  type DatabaseField,
  databaseField,
  isBuildVariable,
  isDatabaseTls,
  isPlaceholder,
  isPlatformVariable,
  looksSecret,
} from "./classify.ts";
import type { EnvExample } from "./env-example.ts";

export interface Variables {
  /** Standard names need no mention: PGHOST …, DATABASE_URL. */
  readonly database: Readonly<Partial<Record<DatabaseField, Observation<string>>>>;
  readonly generated: readonly Observation<string>[];
  /** Plain variables, with a value that is likely right in production. */
  readonly plain: readonly Observation<{ readonly name: string; readonly value: string }>[];
  readonly build: readonly Observation<{ readonly name: string; readonly value: string | undefined }>[];
  /** Required ones whose value only the user knows. */
  readonly open: readonly Observation<{ readonly name: string; readonly isSecret: boolean }>[];
  /** Read without a default; the app may work without them. */
  readonly unclear: readonly Observation<string>[];
}

interface Use {
  readonly name: string;
  readonly evidence: string;
  need: Need;
  value?: string | undefined;
  expects?: string | undefined;
}

/** What the variables of the app are for, by their names, examples and uses. */
export function findVariables(
  sources: readonly Source[],
  example: EnvExample | undefined,
  pm2: Pm2App | undefined,
): Variables {
  const uses = collectUses(sources, example, pm2).filter(({ name }) => !isPlatformVariable(name));
  const required = uses.filter(({ need }) => need === "required");
  const ofDatabase = uses.filter(({ name }) => databaseField(name) !== undefined);
  const tls = uses.filter(({ name }) => isDatabaseTls(name));
  const database: Partial<Record<DatabaseField, Observation<string>>> = {};
  for (const { name, evidence } of ofDatabase) {
    const field = databaseField(name);
    if (field !== undefined) database[field] ??= observe(name, evidence, `the app's name for the database's ${field}`);
  }
  const rest = required.filter((use) => !ofDatabase.includes(use) && !tls.includes(use));
  const others = rest.filter(({ name }) => !canBeGenerated(name) && !isBuildVariable(name));
  const isKnown = ({ name, value = "" }: Use) => !looksSecret(name) && !isPlaceholder(value);
  return {
    database,
    generated: uses
      .filter(({ name, need }) => need !== "optional" && canBeGenerated(name))
      .map(({ name, evidence }) => observe(name, evidence, "a random text, the same in each release")),
    plain: [
      ...tls.map(({ name, evidence, expects }) =>
        observe(
          { name, value: expects ?? (name.endsWith("MODE") ? "verify-full" : "true") },
          evidence,
          "RDS accepts only encrypted connections",
        ),
      ),
      ...others
        .filter(isKnown)
        .map(({ name, evidence, value = "" }) => observe({ name, value }, evidence, "the value in this file")),
    ],
    build: rest
      .filter(({ name }) => isBuildVariable(name))
      .map(({ name, evidence, value }) =>
        observe(
          { name, value: isPlaceholder(value ?? "") ? undefined : value },
          evidence,
          "the build puts it into the code",
        ),
      ),
    unclear: uses
      .filter((use) => use.need === "unclear" && !ofDatabase.includes(use) && !tls.includes(use))
      .filter(({ name }) => !canBeGenerated(name))
      .map(({ name, evidence }) => observe(name, evidence, "it is read without a default")),
    open: others
      .filter((use) => !isKnown(use))
      .map(({ name, evidence }) =>
        observe({ name, isSecret: looksSecret(name) }, evidence, "required, and its value is not in the repository"),
      ),
  };
}

function collectUses(sources: readonly Source[], example: EnvExample | undefined, pm2: Pm2App | undefined): Use[] {
  const uses = new Map<string, Use>();
  for (const { name, value, line, isOptional } of example?.variables ?? [])
    uses.set(name, { name, value, evidence: `${example?.file}:${line}`, need: isOptional ? "optional" : "required" });
  for (const variable of pm2?.variables ?? []) uses.set(variable.name, { ...variable, need: "required" });
  // These files say what is optional, also where the code does not show it.
  const stated = new Set(uses.keys());
  for (const { file, variables } of sources)
    for (const { name, line, need, expects } of variables) {
      const use = uses.get(name) ?? { name, evidence: `${file}:${line}`, need };
      if (!stated.has(name) && (need === "required" || use.need === "optional")) use.need = need;
      use.expects ??= expects;
      uses.set(name, use);
    }
  return [...uses.values()];
}
