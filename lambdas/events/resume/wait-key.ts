import { assertNever } from "../../core/errors.ts";
import { trafficWaitKey } from "../../traffic/traffic.ts";
import { buildWaitKey, instanceWaitKey, serviceWaitKey, taskWaitKey, type WaitKeys } from "../../core/waiting.ts";
import { alarmsWaitKey } from "../../traffic/blocking-alarms.ts";
import { snapshotWaitKey } from "../../deploy/snapshot/step.ts";
import type { ExecutionEnded, Hint } from "./contract.ts";

/** The wait key of the step that an event is about. */
export function waitKeyOf(event: Hint): WaitKeys | { readonly ended: ExecutionEnded } {
  switch (event["detail-type"]) {
    case "CodeBuild Build State Change":
      // An ARN whose resource is `build/<id>`.
      return { exactly: buildWaitKey(event.detail["build-id"].split("build/").at(-1) ?? "") };
    case "RDS DB Snapshot Event":
      return { exactly: snapshotWaitKey(event.detail.SourceIdentifier) };
    case "RDS DB Instance Event":
      return { exactly: instanceWaitKey };
    case "ECS Service Action":
      return { exactly: serviceWaitKey };
    case "ECS Task State Change": {
      // A task of the service does not name its deployment; there is one at a time.
      const ofService = event.detail.group?.startsWith("service:") ?? false;
      return ofService ? { startingWith: trafficWaitKey("") } : { exactly: taskWaitKey(event.detail.taskArn) };
    }
    case "CodeDeploy Deployment State-change Notification":
      return { exactly: trafficWaitKey(event.detail.deploymentId) };
    case "CloudWatch Alarm State Change":
      return { exactly: alarmsWaitKey };
    case "Step Functions Execution Status Change":
      return { ended: event.detail };
    default:
      return assertNever(event);
  }
}
