import { defineResource } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { checkRepositoryName, cloneUrls, repositoryExists } from "./repository.ts";
import type { RepositoryRecord } from "./store.ts";

const properties = z.strictObject({
  RepositoryName: z.string(),
  RepositoryDescription: z.string().max(1000).optional(),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html */
export function createRepositoryResource({ cloud, store, engine }: Deps) {
  const stateOf = ({ id, name }: RepositoryRecord) => {
    const { cloneUrlHttp, cloneUrlSsh } = cloneUrls(cloud, name);
    return {
      physicalId: id,
      attributes: {
        Arn: engine.arnOf({ name }),
        CloneUrlHttp: cloneUrlHttp,
        CloneUrlSsh: cloneUrlSsh,
        Name: name,
      },
    };
  };
  const byId = (id: string) => store.repositories.find((repository) => repository.id === id);
  return defineResource({
    type: "AWS::CodeCommit::Repository",
    properties,
    inert: ["Tags"],
    async create({ RepositoryName: name, RepositoryDescription: description }, { stackName, logicalId }) {
      checkRepositoryName(name);
      const now = cloud.clock.now();
      const owner = `${stackName}/${logicalId}`;
      const existing = store.repositories.get(name);
      // One with the same owner was created by a provisioning that was killed before it was recorded.
      if (existing && existing.owner !== owner) throw repositoryExists(name);
      const repository = existing ?? { name, id: cloud.ids.uuid(), owner, createdAt: now, modifiedAt: now };
      await engine.create(repository);
      store.repositories.save({ ...repository, description });
      return stateOf(repository);
    },
    update(existing, { RepositoryName: name, RepositoryDescription: description }) {
      checkRepositoryName(name);
      const repository = byId(existing.physicalId);
      if (!repository)
        throw new Error(`Repository ${existing.physicalId} does not exist: it was deleted outside the stack.`);
      cloud.store.transaction(() => {
        store.repositories.delete(repository.name);
        store.repositories.save({ ...repository, name, description });
      });
      return stateOf({ ...repository, name });
    },
    refresh(existing) {
      const repository = byId(existing.physicalId);
      return repository ? stateOf(repository) : existing;
    },
    delete(existing) {
      const repository = byId(existing.physicalId);
      if (!repository) return;
      store.repositories.delete(repository.name);
      store.announced.delete(repository.id);
      engine.remove(repository);
    },
  });
}
