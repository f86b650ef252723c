/** Keys of the secret of a database login, by the variables that hold them. */
const loginKeys = {
  PGHOST: "host",
  PGPORT: "port",
  PGUSER: "username",
  PGPASSWORD: "password",
  DATABASE_URL: "url",
} as const;

/** Variables that Lockstep sets itself. */
export const ownVariables: readonly string[] = [
  ...Object.keys(loginKeys),
  "PGDATABASE",
  "PGSSLMODE",
  "PGSSL",
  "PGSSLROOTCERT",
  "NODE_EXTRA_CA_CERTS",
  "PORT",
  "RELEASE",
];

interface DatabaseSettings {
  readonly name: string;
  readonly variables: {
    readonly host?: string | undefined;
    readonly port?: string | undefined;
    readonly user?: string | undefined;
    readonly password?: string | undefined;
    readonly name?: string | undefined;
    readonly url?: string | undefined;
  };
}

/** Variables whose values are keys of the login's secret. */
export function loginVariables({ variables: own }: DatabaseSettings): Readonly<Record<string, string>> {
  const pairs = [
    [own.host, "host"],
    [own.port, "port"],
    [own.user, "username"],
    [own.password, "password"],
    [own.url, "url"],
  ] as const;
  return {
    ...loginKeys,
    ...Object.fromEntries(pairs.flatMap(([name, key]) => (name === undefined ? [] : [[name, key]]))),
  };
}

/**
 * How clients connect beside the login. Those that read DATABASE_URL, pg (PGSSLMODE) and postgres.js (PGSSL) verify the certificate by the
 * authorities of Node.js, which NODE_EXTRA_CA_CERTS adds to, and libpq by a file.
 */
export function connectionVariables({ name, variables: own }: DatabaseSettings, certificates: string) {
  return {
    PGDATABASE: name,
    ...(own.name !== undefined && { [own.name]: name }),
    PGSSLMODE: "verify-full",
    PGSSL: "verify-full",
    PGSSLROOTCERT: certificates,
    NODE_EXTRA_CA_CERTS: certificates,
  };
}

/** Names that an app may require without the user setting them, and that no key of its secret may have. */
export function reservedVariables(database: DatabaseSettings): string[] {
  const { variables } = database;
  return [...new Set([...ownVariables, ...Object.values(variables).filter((name) => name !== undefined)])];
}
