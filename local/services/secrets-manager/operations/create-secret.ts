import { tagRecord } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { fault, invalidParameter, invalidRequest } from "../faults.ts";
import type { Input } from "../reads.ts";
import type { Secret } from "../store.ts";
import { addVersion, parseValue } from "../versions.ts";

export function createSecret({ cloud, store }: Deps, input: Input<"createSecret">): Secret {
  const { Name: name, ClientRequestToken: versionId = cloud.ids.uuid() } = input;
  if (!/^[\w/+=.@-]{1,512}$/.test(name))
    throw invalidParameter(
      `Invalid name "${name}". Must be a valid name containing alphanumeric characters, or any of -/_+=.@`,
    );
  const value = parseValue(input);
  const known = store.find(name);
  if (known?.deletion && known.deletion.dueAt > cloud.clock.now())
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  if (known?.deletion) store.remove(known);
  else if (known && !(value && known.versions[versionId]))
    throw fault("ResourceExistsException", `The operation failed because the secret ${name} already exists.`);
  else if (known && value) return addVersion(store, known, { versionId, value, now: cloud.clock.now() });
  const now = cloud.clock.now();
  const secret: Secret = {
    arn: cloud.arn("secretsmanager", `secret:${name}-${cloud.ids.word(6)}`),
    name,
    tags: tagRecord(input.Tags),
    createdAt: now,
    changedAt: now,
    versions: {},
    ...descriptionOf(input),
  };
  return store.transaction(() => {
    store.save(secret);
    return value ? addVersion(store, secret, { versionId, value, now }) : secret;
  });
}

interface DescriptionInput {
  Description?: string | undefined;
  KmsKeyId?: string | undefined;
}

/** What the input changes of a secret beside its value. */
export const descriptionOf = ({ Description, KmsKeyId }: DescriptionInput) => ({
  ...(Description === undefined ? {} : { description: Description }),
  ...(KmsKeyId === undefined ? {} : { kmsKeyId: KmsKeyId }),
});
