const systemErrors: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "disk quota exceeded",
  EROFS: "the file system is read-only",
  EIO: "input/output error of the disk",
};

/** By SQLite's primary result code, https://sqlite.org/rescode.html */
const sqliteErrors: Readonly<Record<number, string>> = {
  8: "the database is read-only",
  10: "input/output error of the disk",
  13: "no space left on the device",
};

/** Why storage failed, if an error or one of its causes says so; undefined for any other error. */
export function storageFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const known =
    "errcode" in error
      ? sqliteErrors[Number(error.errcode) & 0xff]
      : "code" in error
        ? systemErrors[String(error.code)]
        : undefined;
  return known ?? storageFailure(error.cause);
}
