import type { environment } from "../../lambdas/restore/loss-window/contract.ts";
import { databaseEnvironment, type Environment } from "../environment.ts";
import { readLiveInstance, readRestorableSnapshots } from "../grants/database.ts";
import { readDatabaseSecret } from "../grants/secrets.ts";
import { pipelineFunction } from "../pipeline-function.ts";

/** Called by `lockstep restore` before the user confirms; it only reads. */
export const restoreLossWindow = pipelineFunction({
  entry: "restore/loss-window",
  name: "restore-loss-window",
  timeoutSeconds: 30,
  inVpc: true,
  environment: (context): Environment<typeof environment> => databaseEnvironment(context),
  may: [readLiveInstance, readRestorableSnapshots, readDatabaseSecret],
});
