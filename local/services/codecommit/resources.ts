import { declareResource, type ServiceSchema } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { reads, type Input } from "./reads.ts";
import { checkRepositoryName, cloneUrls, deleteRepository, repositoryExists } from "./repository.ts";
import type { RepositoryRecord } from "./store.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html */
export function createRepositoryResource(deps: Deps, schema: ServiceSchema) {
  const { cloud, store, engine } = deps;
  return declareResource<Input<"createRepository">, RepositoryRecord>({
    type: "AWS::CodeCommit::Repository",
    operation: schema.operations.get("CreateRepository"),
    members: reads.createRepository,
    renamed: { repositoryName: "RepositoryName", repositoryDescription: "RepositoryDescription" },
    properties: { RepositoryName: z.string(), RepositoryDescription: z.string().max(1000).optional() },
    inert: ["Tags"],
    name: "repositoryName",
    find: (id) => store.repositories.find((repository) => id === repository.id || id === repository.name),
    async create({ repositoryName: name, repositoryDescription: description }, { stackName, logicalId }) {
      checkRepositoryName(name);
      const now = cloud.clock.now();
      const owner = `${stackName}/${logicalId}`;
      const existing = store.repositories.get(name);
      // One with the same owner was created by a provisioning that was killed before it was recorded.
      if (existing && existing.owner !== owner) throw repositoryExists(name);
      const repository = existing ?? { name, id: cloud.ids.uuid(), owner, createdAt: now, modifiedAt: now };
      await engine.create(repository);
      return store.repositories.save({ ...repository, description });
    },
    update(repository, { repositoryName: name, repositoryDescription: description }) {
      checkRepositoryName(name);
      return cloud.store.transaction(() => {
        store.repositories.delete(repository.name);
        return store.repositories.save({ ...repository, name, description });
      });
    },
    delete: (repository) => deleteRepository(deps, repository),
    state: ({ id, name }) => ({
      physicalId: id,
      attributes: {
        Arn: engine.arnOf({ name }),
        CloneUrlHttp: cloneUrls(cloud, name).cloneUrlHttp,
        CloneUrlSsh: cloneUrls(cloud, name).cloneUrlSsh,
        Name: name,
      },
    }),
  });
}
