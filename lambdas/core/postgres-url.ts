interface Database {
  readonly host: string;
  readonly port: number | string;
  readonly username: string;
  readonly password: string;
  readonly dbname: string;
}

/** With whatever characters: setting `URL.password` would not encode `%`, which would be decoded to another character. */
export function postgresUrl(
  { host, port, username, password, dbname }: Database,
  parameters: Readonly<Record<string, string>>,
): string {
  const query = Object.entries(parameters).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const address = `postgresql://${encode(username)}:${encode(password)}@${host}:${port}/${encode(dbname)}`;
  return `${address}?${query.join("&")}`;
}

/** Also what encodeURIComponent leaves: some clients cut a URL with regular expressions. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
