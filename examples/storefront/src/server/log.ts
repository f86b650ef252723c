type Fields = Readonly<Record<string, unknown>>;

/** One JSON object a line: what log services read without being told how. */
export const log = {
  info: (message: string, fields: Fields = {}): void => write("info", message, fields),
  error: (message: string, fields: Fields = {}): void => write("error", message, fields),
};

/** The words of an error; Node leaves the message empty when every address of a host refused. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return error.message || code || error.name;
}

function write(level: string, message: string, fields: Fields): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}
