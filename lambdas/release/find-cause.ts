/** What the log of a failed program says: its own message, what to do about it, and where it listened. */
export interface LoggedCause {
  /** The message of its last error, and where in the app it was thrown. */
  readonly error?: string;
  readonly advice?: string;
  /** The last line about where the program listens. */
  readonly listening?: Listening;
}

interface Listening {
  readonly line: string;
  readonly port: number;
  /** Only programs of the same task reach it. */
  readonly onLoopback: boolean;
}

const messageLength = 300;

export function findCause(log: readonly string[]): LoggedCause {
  const lines = log.map((line) => messageOfJson(line) ?? line);
  const index = lines.findLastIndex(isErrorMessage);
  const error = index < 0 ? undefined : describe(lines, index);
  const advice = error === undefined ? undefined : advise(error);
  const listening = lines.map(readListening).findLast((each) => each !== undefined);
  return {
    ...(error !== undefined && { error }),
    ...(advice !== undefined && { advice }),
    ...(listening && { listening }),
  };
}

/** A wrapped error is printed before its cause, and a package manager's complaint about the exit code after both. */
export function isErrorMessage(line: string): boolean {
  return (
    !/^\s*at |^npm (?:error|ERR!)|\bELIFECYCLE\b/.test(line) &&
    /(?:^|[\s\]])\w*(?:error|exception|fatal|panic)\b[^:]*:\s*\S/i.test(line) &&
    !/^\s*\w*error\w*: (?:undefined|null|true|false|\d+),?$/i.test(line)
  );
}

function describe(lines: readonly string[], index: number): string {
  const line = (lines[index] ?? "").replace(/^[\s\S]*?\[cause\]: /, "").trim();
  const rest = lines.slice(index + 1);
  // A list of what is missing, one a line.
  const listed = /[:[{]$/.test(line) ? rest.slice(0, 3).filter((next) => !/^\s*at /.test(next)) : [];
  const message = [line, ...listed.map((each) => each.trim())].join(" ").slice(0, messageLength);
  const frame = rest.slice(listed.length).find((next) => /^\s*at /.test(next) && isOfApp(next));
  const place = frame === undefined ? undefined : placeOf(frame);
  return place === undefined ? message : `${message} (${place})`;
}

const isOfApp = (frame: string) => !/node_modules|node:/.test(frame) && placeOf(frame) !== undefined;

/** The file in the app's folder, as `dist/server.js:7:24`. */
function placeOf(frame: string): string | undefined {
  const place = /\(?(?:file:\/\/)?(\/[^()]+:\d+:\d+)\)?$/.exec(frame.trim())?.[1];
  return place?.replace(/^.*\/app\//, "");
}

/** Loggers such as pino and winston write one JSON object a line. */
function messageOfJson(line: string): string | undefined {
  const json = parse(line);
  if (json === undefined) return undefined;
  const nested = [json["err"], json["error"]].find((value) => typeof value === "object" && value !== null);
  const { type, name = type, message, stack } = { ...json, ...nested } as Readonly<Record<string, unknown>>;
  const text = [message, json["msg"]].find((value) => typeof value === "string") ?? "";
  const isError =
    nested !== undefined ||
    stack !== undefined ||
    Number(json["level"]) >= 50 ||
    /error|fatal|crit/i.test(String(json["level"]));
  return isError ? `${typeof name === "string" && nested ? name : "error"}: ${text}` : text;
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>; // an object, by its first character
  } catch {
    return undefined;
  }
}

const advices: readonly (readonly [RegExp, string])[] = [
  [
    /Cannot find module '\/[^']*'(?! imported)/,
    "The image does not have this file. Fix: correct `app.start` or the build, and check that the build's output belongs to the image",
  ],
  [
    /Cannot find (?:package|module) '(?!\/)/,
    "The image has production dependencies only. Fix: move the package from devDependencies to dependencies, and update the lock file",
  ],
  [/heap out of memory|heap limit/, "Fix: increase `memoryMb` of the stage, or find the leak"],
  [/\bEADDRINUSE\b/, "Fix: listen once, on the port in the environment variable PORT"],
  [
    /permission denied for (?:table|schema|sequence)|must be owner of/,
    "The app's login may read and write rows only. Fix: change the schema in a migration",
  ],
];

function advise(error: string): string | undefined {
  return advices.find(([pattern]) => pattern.test(error))?.[1];
}

/** As apps write it at startup: `listening on 3000`, `http://localhost:3000`, `Server running at 127.0.0.1:3000`. */
function readListening(line: string): Listening | undefined {
  if (!/\b(?:listen|running|started|ready|serving|server|local|port)/i.test(line)) return undefined;
  if (/\b(?:E[A-Z]{6,}|[Ee]rror|[Cc]onnect|[Dd]atabase|[Pp]ostgres|[Rr]edis)/.test(line)) return undefined; // an address of something else
  const match =
    /(?:https?:\/\/)?(\[[0-9a-f:]+\]|localhost|\d+\.\d+\.\d+\.\d+|\*|0\.0\.0\.0|::):(\d{2,5})\b/i.exec(line) ??
    /(?:listen\w*|port|running|started|ready)\b[^\d\n]{0,20}?()(\d{2,5})\b(?![.:\d]|\s?m?s\b)/i.exec(line);
  const port = Number(match?.[2]);
  if (!match || port < 80 || port > 65_535) return undefined;
  return { line: line.trim().slice(0, 120), port, onLoopback: /^(?:127\.|localhost$|\[::1\])/i.test(match[1] ?? "") };
}
