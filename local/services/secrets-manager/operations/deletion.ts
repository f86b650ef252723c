import type { Deps } from "../deps.ts";
import { invalidParameter } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { findKept, findLive } from "../versions.ts";

const daySeconds = 24 * 3600;

export function deletionOperations({ cloud, store }: Deps) {
  return {
    deleteSecret({ SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false }) {
      if (force && days !== undefined)
        throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      if (days !== undefined && (days < 7 || days > 30))
        throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
      const markedAt = cloud.clock.now();
      // as AWS: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html (ForceDeleteWithoutRecovery)
      if (force && !store.find(SecretId)) return { Name: SecretId, DeletionDate: new Date(markedAt) };
      const secret = force ? findKept(store, cloud, SecretId) : findLive(store, cloud, SecretId);
      const dueAt = force ? markedAt : markedAt + cloud.clock.scaled((days ?? 30) * daySeconds);
      if (force) store.remove(secret);
      else store.save({ ...secret, deletion: { markedAt, dueAt } });
      return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(dueAt) };
    },
    restoreSecret({ SecretId }) {
      const { deletion: _over, ...secret } = findKept(store, cloud, SecretId);
      store.save(secret);
      return { ARN: secret.arn, Name: secret.name };
    },
  } satisfies Partial<Operations>;
}
