import { buildHandle } from "../../deploy/build/step.ts";
import { taskHandle } from "../../deploy/migrate/step.ts";
import { assertNever } from "../../core/errors.ts";
import { trafficHandle } from "../../traffic/traffic.ts";
import type { Handle } from "../../core/waiting.ts";
import { alarmsHandle } from "../../deploy/shift-traffic/red-alarms.ts";
import { snapshotHandle } from "../../deploy/snapshot/step.ts";
import type { ExecutionEnded, Hint } from "./contract.ts";

/** Under which handle the step waits that an event speaks of. */
export function handleOf(event: Hint): Handle | { readonly ended: ExecutionEnded } {
  switch (event["detail-type"]) {
    case "CodeBuild Build State Change":
      // An ARN whose resource is `build/<id>`.
      return { exactly: buildHandle(event.detail["build-id"].split("build/").at(-1) ?? "") };
    case "RDS DB Snapshot Event":
      return { exactly: snapshotHandle(event.detail.SourceIdentifier) };
    case "ECS Task State Change": {
      // A task of the service does not say of which deployment it is; there is one at a time.
      const ofService = event.detail.group?.startsWith("service:") ?? false;
      return ofService ? { startingWith: trafficHandle("") } : { exactly: taskHandle(event.detail.taskArn) };
    }
    case "CodeDeploy Deployment State-change Notification":
      return { exactly: trafficHandle(event.detail.deploymentId) };
    case "CloudWatch Alarm State Change":
      return { exactly: alarmsHandle };
    case "Step Functions Execution Status Change":
      return { ended: event.detail };
    default:
      return assertNever(event);
  }
}
