import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface WorkingCopy {
  directory: string;
  /** Output of a git command in the working copy; rejects with git's error message. */
  git(...args: string[]): Promise<string>;
  write(file: string, content: string): void;
  /** Writes the files, commits all changes and returns the commit id. */
  commit(files: Readonly<Record<string, string>>, message?: string): Promise<string>;
  remove(): void;
}

const environment = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};

/** A local repository that ignores the git configuration of this machine. */
export async function workingCopy(): Promise<WorkingCopy> {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-source-"));
  const git = (...args: string[]) => runGit(directory, args);
  const write = (file: string, content: string) => {
    const target = path.join(directory, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
  };
  await git("init", "--quiet", "--initial-branch=main");
  return {
    directory,
    git,
    write,
    async commit(files, message = "Change") {
      for (const [file, content] of Object.entries(files)) write(file, content);
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "--message", message);
      return git("rev-parse", "HEAD");
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function runGit(cwd: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("git", args, { cwd, env: environment }, (error, stdout, stderr) => {
      if (error) reject(new Error(`git ${args[0]}: ${stderr}`));
      else resolve(stdout.trim());
    });
  });
}
