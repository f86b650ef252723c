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

/** Programs and libraries without error codes report the system's own words. */
const systemWords: Readonly<Record<string, string>> = {
  "No space left on device": "no space left on the device",
  "Disk quota exceeded": "disk quota exceeded",
  "Read-only file system": "the file system is read-only",
  "Input/output error": "input/output error of the disk",
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
  const word = Object.keys(systemWords).find((words) => error.message.includes(words));
  return known ?? (word === undefined ? storageFailure(error.cause) : systemWords[word]);
}

/** The message of an error, and what to do if storage failed. */
export function describeStorageFailure(directory: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = storageFailure(error);
  if (reason === undefined) return message;
  return `The local cloud could not write to ${directory}: ${reason} (${message}). Fix: free space or make the file system writable, then npm start`;
}
