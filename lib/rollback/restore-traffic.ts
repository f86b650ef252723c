import type { environment } from "../../lambdas/rollback/restore-traffic/contract.ts";
import { blueGreenEnvironment, type Environment } from "../environment.ts";
import { readBuild, stopBuild } from "../grants/build.ts";
import { createDeployments, findListener, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";
import { stageEnvironment } from "./assess.ts";

export const restoreTraffic = pipelineFunction({
  entry: "rollback/restore-traffic",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...stageEnvironment(context),
    ...blueGreenEnvironment(context),
  }),
  may: [readBuild, stopBuild, readShift, createDeployments, findListener],
});
