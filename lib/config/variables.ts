import * as z from "zod";
import { ownVariables } from "./own-variables.ts";
import { variableName } from "./values.ts";

type Context = z.core.$RefinementCtx;

export const generated = z
  .array(variableName)
  .default(["SESSION_SECRET"])
  .describe(
    "Variables whose values are generated once per stage and added to the app's secret in Secrets Manager. The other keys of the secret are yours. A key that is removed here keeps its value.",
  );

export const variables = z
  .record(variableName, z.string())
  .default({})
  .describe(
    "Environment variables of the app and its migrations that are not secret. For secret ones, run `lockstep secret set`.",
  );

const alsoIn = (what: string) =>
  variableName.optional().describe(`Another variable for ${what}, in addition to the standard ones.`);

export const databaseVariables = z
  .strictObject({
    host: alsoIn("the host, as PGHOST"),
    port: alsoIn("the port, as PGPORT"),
    user: alsoIn("the user, as PGUSER"),
    password: alsoIn("the password, as PGPASSWORD"),
    name: alsoIn("the name of the database, as PGDATABASE"),
    url: alsoIn("the URL, as DATABASE_URL"),
  })
  .prefault({});

export const urlParameters = z
  .record(z.string().regex(/^\w+$/, "letters, digits and underscores"), z.string())
  .default({})
  .describe(
    "Parameters of DATABASE_URL, added to `sslmode=verify-full`, such as `connection_limit`. Your database client has to know them.",
  );

interface Settings {
  readonly app: { readonly generated: readonly string[] };
  readonly stages: Readonly<
    Record<
      string,
      {
        readonly variables: Readonly<Record<string, string>>;
        readonly database: { readonly variables: Readonly<Record<string, string | undefined>> };
      }
    >
  >;
}

/** Each variable has one source, and no secret is in a task definition, which many may read. */
export function checkVariables({ app, stages }: Settings, context: Context): void {
  const refuse = (path: string[], message: string, isSecret = false) =>
    context.addIssue({ code: "custom", path, message, params: { isSecret } });
  for (const name of app.generated)
    if (ownVariables.includes(name)) refuse(["app", "generated"], `names other than ${name}, which Lockstep sets`);
  for (const [stageName, { variables, database }] of Object.entries(stages)) {
    const ofDatabase = Object.values(database.variables);
    for (const [name, value] of Object.entries(variables)) {
      const path = ["stages", stageName, "variables", name];
      if (ownVariables.includes(name)) refuse(path, `a name other than ${name}, which Lockstep sets`);
      if (app.generated.includes(name)) refuse(path, "a name that is not in app.generated");
      if (ofDatabase.includes(name)) refuse(path, "a name that is not in database.variables");
      if (looksSecret(value))
        refuse(path, `a value that is not secret. For a secret, run: lockstep secret set ${name}`, true);
    }
    for (const [field, name] of Object.entries(database.variables))
      if (name !== undefined && app.generated.includes(name))
        refuse(["stages", stageName, "database", "variables", field], "a name that is not in app.generated");
  }
}

/** Formats of keys and tokens that their issuers document, private keys, and URLs with a password. */
const secretFormats = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\b[sr]k_live_\w+/,
  /\b(?:gh[pousr]_|github_pat_|glpat-|npm_|xox[abpr]-|SG\.|sk-)[\w-]{16,}/,
  /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/,
  /^[a-z][a-z\d+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i,
];

const looksSecret = (value: string) => secretFormats.some((format) => format.test(value));
