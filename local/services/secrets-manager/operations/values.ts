import type { Deps } from "../deps.ts";
import { fault, invalidRequest } from "../faults.ts";
import { randomPassword } from "../random-password.ts";
import type { Operations } from "../reads.ts";
import type { Secret } from "../store.ts";
import { addVersion, currentVersionId, findLive, moveVersionStage, parseValue, type ValueInput } from "../versions.ts";
import { descriptionOf } from "./create-secret.ts";

export function valueOperations({ cloud, store }: Deps) {
  const add = (
    secret: Secret,
    input: ValueInput & { ClientRequestToken?: string | undefined },
    stages?: readonly string[],
  ) => {
    const value = parseValue(input);
    if (!value) return secret;
    const versionId = input.ClientRequestToken ?? cloud.ids.uuid();
    return addVersion(store, secret, { versionId, value, stages, now: cloud.clock.now() });
  };
  return {
    getSecretValue({ SecretId, VersionId, VersionStage }) {
      const secret = findLive(store, cloud, SecretId);
      const stage = VersionStage ?? (VersionId === undefined ? "AWSCURRENT" : undefined);
      const versionId = VersionId ?? currentVersionId(secret, stage);
      const version = versionId === undefined ? undefined : secret.versions[versionId];
      const value = versionId === undefined ? undefined : store.value(secret, versionId);
      if (!version || !value || (stage !== undefined && !version.stages.includes(stage)))
        throw fault(
          "ResourceNotFoundException",
          `Secrets Manager can't find the specified secret value for ${VersionId === undefined ? `staging label: ${stage}` : `VersionId: ${VersionId}`}`,
        );
      const { arn: ARN, name: Name } = secret;
      return {
        ARN,
        Name,
        VersionId: versionId,
        VersionStages: version.stages,
        CreatedDate: new Date(version.createdAt),
        ...value,
      };
    },
    putSecretValue(input) {
      if (parseValue(input) === undefined)
        throw invalidRequest("You must provide either SecretString or SecretBinary.");
      const secret = add(findLive(store, cloud, input.SecretId), input, input.VersionStages);
      const VersionId = input.ClientRequestToken ?? currentVersionId(secret);
      return { ARN: secret.arn, Name: secret.name, VersionId, VersionStages: secret.versions[VersionId ?? ""]?.stages };
    },
    updateSecret(input) {
      const current = findLive(store, cloud, input.SecretId);
      const changed = store.save({ ...current, ...descriptionOf(input), changedAt: cloud.clock.now() });
      const secret = add(changed, input);
      return { ARN: secret.arn, Name: secret.name, VersionId: parseValue(input) && currentVersionId(secret) };
    },
    updateSecretVersionStage({ SecretId, ...move }) {
      const { arn, name } = moveVersionStage(store, findLive(store, cloud, SecretId), move);
      return { ARN: arn, Name: name };
    },
    getRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),
  } satisfies Partial<Operations>;
}
