import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { referenceEvents } from "./events.ts";
import { git, gitAfterPushes, requireGit } from "./git.ts";
import type { References, RepositoryRecord, RepositoryStore } from "./store.ts";

/** The git repositories behind the records. */
export interface Engine {
  directoryOf(repository: RepositoryRecord): string;
  arnOf(repository: { name: string }): string;
  create(repository: RepositoryRecord): Promise<void>;
  remove(repository: RepositoryRecord): void;
  /** Runs the pushes to a repository sequentially; each is complete when its events are on the bus. */
  push(repository: RepositoryRecord, callerArn: string, receive: () => Promise<void>): Promise<void>;
  /** Emits the events of pushes that an earlier control plane received before it exited. */
  announceMissed(): Promise<void>;
}

export function createEngine(cloud: Cloud, store: RepositoryStore): Engine {
  const root = cloud.directory("codecommit");
  const queues = new Map<string, Promise<void>>();
  const directoryOf = ({ id }: RepositoryRecord) => path.join(root, `${id}.git`);
  const arnOf = ({ name }: { name: string }) => cloud.arn("codecommit", name);

  const announce = async (repository: RepositoryRecord, callerArn?: string) => {
    const after = await readReferences(directoryOf(repository));
    const before = store.announced.get(repository.id) ?? {};
    const events = referenceEvents({ ...repository, arn: arnOf(repository) }, { before, after }, callerArn);
    if (events.length === 0) return;
    await chooseDefaultBranch(directoryOf(repository), after);
    cloud.store.transaction(() => {
      events.forEach((event) => cloud.emit(event));
      store.announced.put(repository.id, after);
      const current = store.repositories.find(({ id }) => id === repository.id);
      if (current) store.repositories.save({ ...current, modifiedAt: cloud.clock.now() });
    });
  };

  return {
    directoryOf,
    arnOf,
    async create(repository) {
      requireGit();
      const directory = directoryOf(repository);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      await git(directory, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", ".");
    },
    remove: (repository) => rmSync(directoryOf(repository), { recursive: true, force: true }),
    push(repository, callerArn, receive) {
      const receiveNext = async (before: Promise<void> | undefined) => {
        await before;
        try {
          await receive();
        } finally {
          await announce(repository, callerArn);
        }
      };
      const received = receiveNext(queues.get(repository.id));
      queues.set(
        repository.id,
        received.catch(() => undefined),
      );
      return received;
    },
    async announceMissed() {
      const repositories = store.repositories.list().filter((repository) => existsSync(directoryOf(repository)));
      await Promise.all(repositories.map((repository) => announce(repository)));
    },
  };
}

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

/** as AWS: the first branch that is pushed becomes the default one. */
async function chooseDefaultBranch(directory: string, references: References): Promise<void> {
  const head = (await git(directory, "symbolic-ref", "HEAD")).toString("utf8").trim();
  const branches = Object.keys(references).filter((name) => name.startsWith("refs/heads/"));
  const [first] = branches;
  if (first !== undefined && !branches.includes(head)) await git(directory, "symbolic-ref", "HEAD", first);
}
