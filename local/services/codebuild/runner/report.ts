import { appendFileSync } from "node:fs";
import type { EndStatus, PhaseContext, PhaseType, ProgressEntry } from "../progress.ts";

/** Writes the progress file. */
export interface Report {
  /** A line of the build's output. */
  output: (text: string) => void;
  /** A log line of CodeBuild itself, with its prefix. */
  note(text: string): void;
  beginPhase(phase: PhaseType): void;
  endPhase(status: EndStatus, context: PhaseContext): void;
  source(resolvedVersion: string): void;
  exported(variables: Record<string, string>): void;
  done(status: EndStatus): void;
  /** From now on these values are replaced by `***` in every line. */
  hide(secrets: readonly string[]): void;
}

// CloudWatch Logs accepts events up to 256 KiB.
const longestLine = 60_000;
const shortestHiddenLine = 8;

export function openReport(file: string): Report {
  let hidden: readonly string[] = [];
  let phase: PhaseType = "DOWNLOAD_SOURCE";
  const write = (...entries: ProgressEntry[]) =>
    appendFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  const masked = (text: string) => hidden.reduce((line, secret) => line.replaceAll(secret, "***"), text);
  const output = (text: string) => {
    const at = Date.now();
    const line = masked(text);
    for (let start = 0; start === 0 || start < line.length; start += longestLine)
      write({ kind: "log", at, text: line.slice(start, start + longestLine) });
  };
  const note = (text: string) => output(`[Container] ${timestamp()} ${text}`);
  return {
    output,
    note,
    beginPhase(next) {
      phase = next;
      write({ kind: "phase", at: Date.now(), phase });
      if (next !== "DOWNLOAD_SOURCE") note(`Entering phase ${phase}`);
    },
    endPhase(status, { statusCode, message }) {
      const context = { statusCode, message: masked(message) };
      note(`Phase complete: ${phase} State: ${status}`);
      note(`Phase context status code: ${statusCode} Message: ${context.message}`);
      write({ kind: "phase-end", at: Date.now(), status, context });
    },
    source: (resolvedVersion) => write({ kind: "source", at: Date.now(), resolvedVersion }),
    exported: (variables) => write({ kind: "exported", at: Date.now(), variables }),
    done: (status) => write({ kind: "done", at: Date.now(), status }),
    hide(secrets) {
      const values = secrets.flatMap((secret) => [secret, ...linesOf(secret)]);
      // Longest first: one secret may contain another.
      hidden = [...new Set([...hidden, ...values])].filter(Boolean).sort((a, b) => b.length - a.length);
    },
  };
}

/** A multi-line secret, such as a private key, is printed line by line. */
function linesOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  return lines.length > 1 ? lines.filter((line) => line.length >= shortestHiddenLine) : [];
}

function timestamp(): string {
  return new Date().toISOString().replaceAll("-", "/").replace("T", " ").replace("Z", "");
}
