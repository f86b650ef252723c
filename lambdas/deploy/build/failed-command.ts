const excerptLength = 20;
const endLength = 7;

/** Lines of CodeBuild itself, around the output of the commands. */
const isNote = (line: string) => line.startsWith("[Container] ");

/** Warnings, and empty lines of an error, above or below what matters. */
const isNpmNoise = (line: string) => /^npm (?:(?:error|ERR!)$|warn |WARN )/.test(line);

/** What tools print only when they fail: the output of tests that pass may have any error. */
const failures = [
  /\berror TS\d+:/, // tsc
  /^\s*FAIL\b/, // Vitest, Jest
  /\bERR_[A-Z][A-Z_]+/, // pnpm, Node.js
  /^fatal:/, // git
  /^\s+\d+:\d+\s+error\s/, // ESLint
  /^error during build:/, // Vite
  /\[ERROR\]/, // esbuild
  /^Failed to compile/, // Next.js
];
const errors = [/^npm (?:error|ERR!) \S/, /\b\w*(?:Error|Exception)\b[^:]*:/, /^\s*(?:error|panic)\b[^:]*:/i];

/** Of the log of a failed build: the output of the command that failed, from its first error on, and how it ended. */
export function failedCommand(log: readonly string[]): readonly string[] {
  const output = ofFailedScript(outputOfFailed(log).filter((line) => !isNote(line) && !isNpmNoise(line)));
  if (output.length === 0) return log.slice(-excerptLength);
  const start = firstOf(failures, output) ?? firstOf(errors, output);
  if (start === undefined) return output.slice(-excerptLength);
  const lines = [...fileOf(output, start), ...output.slice(start)];
  if (lines.length <= excerptLength) return lines;
  return [...lines.slice(0, excerptLength - endLength - 1), "…", ...lines.slice(-endLength)];
}

/** Commands after it (`finally`, the next phase) may have run and failed because of it. */
function outputOfFailed(log: readonly string[]): readonly string[] {
  const end = log.findIndex((line) => isNote(line) && line.includes(" Command did not exit successfully "));
  if (end < 0) return log;
  return log.slice(
    log.slice(0, end).findLastIndex((line) => isNote(line) && line.includes(" Running command ")) + 1,
    end,
  );
}

/** The release kit announces each script that it runs, and runs several in one command. */
function ofFailedScript(output: readonly string[]): readonly string[] {
  const [, script] = /^Release kit: (.+?): (?:ended with|was ended by) /.exec(output.at(-1) ?? "") ?? [];
  const start = output.findLastIndex((line) => script !== undefined && line.startsWith(`Release kit: ${script} (`));
  return output.slice(Math.max(start, 0));
}

function firstOf(patterns: readonly RegExp[], lines: readonly string[]): number | undefined {
  const index = lines.findIndex((line) => patterns.some((pattern) => pattern.test(line)));
  return index < 0 ? undefined : index;
}

/** ESLint prints the name of the file above its problems. */
function fileOf(lines: readonly string[], problem: number): string[] {
  if (!/^\s+\d+:\d+\s/.test(lines[problem] ?? "")) return [];
  const file = lines.slice(0, problem).findLast((line) => !/^\s/.test(line));
  return file === undefined ? [] : [file];
}
