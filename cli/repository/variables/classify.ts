export type DatabaseField = "host" | "port" | "user" | "password" | "name" | "url";

const prefix = "(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|PGSQL|TYPEORM|SQL|RDS)_?";
const fields: Readonly<Record<DatabaseField, RegExp>> = {
  host: new RegExp(`^${prefix}(?:HOST|HOSTNAME|SERVER)$`),
  port: new RegExp(`^${prefix}PORT$`),
  user: new RegExp(`^${prefix}(?:USER|USERNAME|USER_NAME)$`),
  password: new RegExp(`^${prefix}(?:PASS|PASSWORD|PASSWD|PWD)$`),
  name: new RegExp(`^${prefix}(?:NAME|DB|DBNAME|DB_NAME|DATABASE|DATABASE_NAME)$`),
  url: new RegExp(`^${prefix}(?:URL|URI|DSN|CONNECTION|CONNECTION_STRING|CONN_STR|PRISMA_URL)$`),
};

/** Which part of the database's address and login a variable holds. */
export function databaseField(name: string): DatabaseField | undefined {
  for (const field of Object.keys(fields) as DatabaseField[]) if (fields[field].test(name)) return field; // the keys of the object above
  return undefined;
}

/** Whether the connection is encrypted, which RDS for PostgreSQL requires. */
export const isDatabaseTls = (name: string): boolean =>
  new RegExp(`^${prefix}(?:USE_)?(?:SSL|TLS|SSL_ENABLED|USE_SSL|ENABLE_SSL|SSLMODE|SSL_MODE)$`).test(name) &&
  name !== "PGSSLMODE";

/** Set by Lockstep, ECS or Node.js itself; the app's own configuration need not mention them. */
const platform =
  /^(PORT|HOST|HOSTNAME|NODE_\w+|PG(HOST|PORT|USER|PASSWORD|DATABASE|SSLMODE|SSLROOTCERT|OPTIONS|APPNAME)|DATABASE_URL|AWS_\w+|ECS_\w+|CI|TZ|HOME|PATH|USER|SHELL|DEBUG|npm_\w+|LOCKSTEP_\w+|VITEST|JEST_WORKER_ID|VERCEL\w*|RENDER\w*|FLY_\w+|HEROKU\w*|RAILWAY_\w+|NEXT_RUNTIME|NEXT_PHASE|MODE|DEV|PROD|SSR|BASE_URL_PATH)$/;

export const isPlatformVariable = (name: string): boolean => platform.test(name);

/** Put into the code by the build. */
export const isBuildVariable = (name: string): boolean =>
  /^(VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|PUBLIC|EXPO_PUBLIC)_/.test(name);

/** A secret between the app and itself, which can be any random text. */
export const canBeGenerated = (name: string): boolean =>
  /^((SESSION|COOKIE|COOKIES|JWT|JWT_ACCESS|JWT_REFRESH|ACCESS_TOKEN|REFRESH_TOKEN|TOKEN|APP|APPLICATION|AUTH|NEXTAUTH|BETTER_AUTH|CSRF|SIGNING|HASH|PASSWORD|LINK)_)?(SECRET|SALT|SECRET_KEY|SECRET_KEY_BASE|PEPPER)$/.test(
    name,
  );

/** Issued by somebody else, or a password. */
export const looksSecret = (name: string): boolean =>
  /(^|_)(API_?KEY|KEY|KEYS|TOKEN|SECRET|PASSWORD|PASS|PASSWD|CREDENTIALS?|DSN|PRIVATE_KEY|PAT|WEBHOOK|WEBHOOK_URL)$/.test(
    name,
  );

/** An example's value that cannot be meant for production. */
export const isPlaceholder = (value: string): boolean =>
  value === "" ||
  /localhost|127\.0\.0\.1|0\.0\.0\.0|example\.(com|org)|^<.*>$|^\.\.\.|your|change[-_ ]?me|replace|xxx|todo|secret|mock|dummy|fake|sample/i.test(
    value,
  );
