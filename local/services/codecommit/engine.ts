import type { Cloud } from "#local/cloud/index.ts";
import { createRepositories, type Repositories } from "#local/git/index.ts";
import { referenceEvents } from "./events.ts";
import type { RepositoryRecord, RepositoryStore } from "./store.ts";

/** The git repositories behind the records. */
export interface Engine extends Repositories<RepositoryRecord> {
  arnOf(repository: { name: string }): string;
}

export function createEngine(cloud: Cloud, store: RepositoryStore): Engine {
  const arnOf = ({ name }: { name: string }) => cloud.arn("codecommit", name);
  const repositories = createRepositories<RepositoryRecord>({
    root: cloud.directory("codecommit"),
    store: cloud.store,
    announced: store.announced,
    announce(repository, change, callerArn) {
      const events = referenceEvents({ ...repository, arn: arnOf(repository) }, change, callerArn);
      events.forEach((event) => cloud.emit(event));
      const current = store.repositories.find(({ id }) => id === repository.id);
      if (current) store.repositories.save({ ...current, modifiedAt: cloud.clock.now() });
    },
  });
  return { ...repositories, arnOf };
}
