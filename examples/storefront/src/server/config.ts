import * as z from "zod";

const text = z.string("is missing");
const port = z
  .string()
  .regex(/^\d{1,5}$/, "is not a port number")
  .transform(Number)
  .pipe(z.number().max(65_535, "is not a port number"));

const databaseVariables = z.object({
  PGHOST: text,
  PGPORT: port.default(5432),
  PGUSER: text,
  PGPASSWORD: text,
  PGDATABASE: text,
  PGSSLMODE: z
    .enum(["disable", "require", "no-verify", "verify-full"], "is not one of disable, require, no-verify, verify-full")
    .default("disable"),
  PGSSLROOTCERT: text.optional(),
});

const serverVariables = databaseVariables.extend({
  HOST: text.default("0.0.0.0"),
  PORT: port.default(3000),
  NODE_ENV: z
    .enum(["development", "test", "production"], "is not one of development, test, production")
    .default("development"),
  SESSION_SECRET: text.min(16, "is shorter than 16 characters"),
  RELEASE: text.regex(/^[\w.+-]{1,128}$/, "is not a version or commit").default("development"),
  STORE_NAME: text.max(60, "is longer than 60 characters").default("Storefront"),
});

export type DatabaseConfig = Readonly<z.output<typeof databaseVariables>>;
export type Config = Readonly<z.output<typeof serverVariables>>;

/** Names of all variables the app knows, for the check of .env.example. */
export const variables = Object.entries(serverVariables.shape).map(([name, type]) => ({
  name,
  required: !type.safeParse(undefined).success,
}));

export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

export const readConfig = (env: Environment): Config => parse(serverVariables, env);

/** What a migration needs: the database and nothing else. */
export const readDatabaseConfig = (env: Environment): DatabaseConfig => parse(databaseVariables, env);

/** Names every variable that is wrong and never its value, which may be a secret. */
function parse<Output>(schema: z.ZodType<Output>, env: Environment): Output {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const result = schema.safeParse(set);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new ConfigError(`Configuration: ${faults.join("; ")}. See .env.example.`);
}
