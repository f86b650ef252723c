import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Collection, Store } from "#local/kernel/index.ts";
import { git, gitAfterPushes, requireGit } from "./git.ts";

/** Commit of each branch and tag, by full name. */
export type References = Readonly<Record<string, string>>;

export interface Change {
  before: References;
  after: References;
}

interface Host<R> {
  /** Directory of all repositories. */
  root: string;
  store: Store;
  /** References as of the last announcement, by repository id: the next change is the difference to them. */
  announced: Collection<References>;
  /** Announces a change, in one transaction with `announced`. `by`: who pushed; undefined if an earlier control plane received it. */
  announce(repository: R, change: Change, by: string | undefined): void;
}

/** Bare git repositories, in directories named by their ids. */
export interface Repositories<R> {
  directoryOf(repository: R): string;
  create(repository: R): Promise<void>;
  remove(repository: R): void;
  /** Runs the pushes to a repository sequentially; each is complete when its changes are announced. */
  push(repository: R, receive: () => Promise<void>, by: string): Promise<void>;
  /** Announces the pushes that an earlier control plane received before it exited. */
  announceMissed(repositories: readonly R[]): Promise<void>;
}

export function createRepositories<R extends { id: string }>(host: Host<R>): Repositories<R> {
  const queues = new Map<string, Promise<void>>();
  const directoryOf = ({ id }: R) => path.join(host.root, `${id}.git`);
  const announce = async (repository: R, by?: string) => {
    const after = await readReferences(directoryOf(repository));
    const before = host.announced.get(repository.id) ?? {};
    if (isSame(before, after)) return;
    await chooseDefaultBranch(directoryOf(repository), after);
    host.store.transaction(() => {
      host.announce(repository, { before, after }, by);
      host.announced.put(repository.id, after);
    });
  };
  return {
    directoryOf,
    async create(repository) {
      requireGit();
      const directory = directoryOf(repository);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      await git(directory, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", ".");
    },
    remove(repository) {
      host.announced.delete(repository.id);
      rmSync(directoryOf(repository), { recursive: true, force: true });
    },
    push(repository, receive, by) {
      const receiveNext = async (before: Promise<void> | undefined) => {
        await before;
        try {
          await receive();
        } finally {
          await announce(repository, by);
        }
      };
      const received = receiveNext(queues.get(repository.id));
      queues.set(
        repository.id,
        received.catch(() => undefined),
      );
      return received;
    },
    async announceMissed(repositories) {
      const existing = repositories.filter((repository) => existsSync(directoryOf(repository)));
      await Promise.all(existing.map((repository) => announce(repository)));
    },
  };
}

/** The names of the references that a change creates, updates or deletes. */
export function changedReferences({ before, after }: Change): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.filter((name) => before[name] !== after[name]);
}

const isSame = (before: References, after: References) => changedReferences({ before, after }).length === 0;

/** Commit of every branch and tag; of an annotated tag, the tagged commit. */
async function readReferences(directory: string): Promise<References> {
  const format = "--format=%(refname) %(objectname) %(*objectname)";
  const output = await gitAfterPushes(directory, "for-each-ref", format, "refs/heads", "refs/tags");
  const lines = output.toString("utf8").split("\n").filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", object = "", peeled = ""] = line.split(" ");
      return [name, peeled || object];
    }),
  );
}

/** as CodeCommit and GitHub: the first branch that is pushed becomes the default one. */
async function chooseDefaultBranch(directory: string, references: References): Promise<void> {
  const head = readFileSync(path.join(directory, "HEAD"), "utf8").replace("ref: ", "").trim();
  const branches = Object.keys(references).filter((name) => name.startsWith("refs/heads/"));
  const [first] = branches;
  if (first !== undefined && !branches.includes(head)) await git(directory, "symbolic-ref", "HEAD", first);
}
