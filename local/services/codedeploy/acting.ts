import type { Clients, Cloud, OperationInput, OperationName, OperationOutput } from "#local/cloud/index.ts";
import { DeploymentFailure } from "./errors.ts";
import type { DeploymentGroup, ErrorCode } from "./store.ts";

/** The services that a deployment works on, as the group's service role. */
export interface Actor {
  ecs: Caller<"ecs">;
  elb: Caller<"elastic-load-balancing-v2">;
  cloudwatch: Caller<"cloudwatch">;
  lambda: Caller<"lambda">;
}

type Caller<S extends keyof Clients> = <N extends OperationName<Clients[S]> & string>(
  operation: N,
  input: OperationInput<Clients[S], N>,
) => Promise<OperationOutput<Clients[S], N>>;

export function actorOf(cloud: Cloud, { roleArn }: DeploymentGroup): Actor {
  const as = { roleArn };
  return {
    ecs: (operation, input) =>
      cloud.call("ecs", operation, input, { as }).catch(failedWith("ECS_UPDATE_ERROR", `ecs:${operation}`)),
    elb: (operation, input) =>
      cloud
        .call("elastic-load-balancing-v2", operation, input, { as })
        .catch(failedWith("ELASTIC_LOAD_BALANCING_INVALID", `elasticloadbalancing:${operation}`)),
    cloudwatch: (operation, input) =>
      cloud.call("cloudwatch", operation, input, { as }).catch(failedWith("INTERNAL_ERROR", `cloudwatch:${operation}`)),
    lambda: (operation, input) => cloud.call("lambda", operation, input, { as }),
  };
}

/** as AWS: what the role may not do has a code of its own. */
function failedWith(code: ErrorCode, what: string) {
  return (cause: unknown): never => {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    if (error.name === "AccessDeniedException" || error.name === "AccessDenied")
      throw new DeploymentFailure("IAM_ROLE_PERMISSIONS", error.message, { cause });
    throw new DeploymentFailure(code, `${what} failed: ${error.name}: ${error.message}`, { cause });
  };
}
