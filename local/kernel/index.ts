export { systemClock, type Clock, type Timer } from "./clock.ts";
export { manualClock, type ManualClock } from "./manual-clock.ts";
export { randomIds, type Ids } from "./ids.ts";
export { copyPrivate, writeFileAtomic } from "./files.ts";
export { openStore, type Collection, type Journal, type Store } from "./store.ts";
export {
  adoptProcess,
  startProcess,
  ProcessNotStarted,
  type Exit,
  type HostedProcess,
  type ProcessRequest,
} from "./processes.ts";
export { killMarked, processMark } from "./marked-processes.ts";
export { identityOf, type ProcessIdentity } from "./process-identity.ts";
export { DamagedFile } from "./damaged-file.ts";
export { describeStorageFailure, storageFailure, whyNotWritable } from "./storage-failure.ts";
export { followLines, type FollowedFile } from "./follow.ts";
export { nodeMajors, nodeVersion, provideNode } from "./node-versions.ts";
export { freePort } from "./ports.ts";
export { takeLease, type Lease } from "./lease.ts";
