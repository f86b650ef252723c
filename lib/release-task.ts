import { Annotations, Duration } from "aws-cdk-lib";
import {
  AwsLogDriver,
  ContainerImage,
  FargateTaskDefinition,
  LinuxParameters,
  Secret as EcsSecret,
} from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";
import { type Runtime, runtimeLabel } from "../lambdas/traffic/contract.ts";
import { databaseCertificates } from "../release-kit/bundle.ts";
import type { DataStack } from "./data-stack.ts";
import type { ServiceStack } from "./service-stack.ts";
import type { StageProps } from "./stage-props.ts";
import { connectionVariables, loginVariables } from "./config/own-variables.ts";
import { containerName } from "./web-service.ts";

interface ReleaseTaskProps extends StageProps {
  data: DataStack;
  service: ServiceStack;
}

/**
 * Template of the task definitions of releases; it never runs itself. It is in the stack of the functions that read it:
 * every change replaces it, and an exported value cannot change.
 */
export class ReleaseTask extends Construct {
  readonly taskDefinitionArn: string;

  constructor(scope: Construct, id: string, { data, service, config, stage, prefix }: ReleaseTaskProps) {
    super(scope, id);
    const { taskRole, executionRole } = service.webService;
    const task = new FargateTaskDefinition(this, "Definition", {
      family: `${prefix}-release`,
      cpu: stage.cpu,
      memoryLimitMiB: stage.memoryMb,
      taskRole,
      executionRole,
    });
    const runtime: Runtime = {
      health: config.app.health,
      startSeconds: config.app.startSeconds,
      drainSeconds: stage.drainSeconds,
      tasks: stage.tasks,
    };
    warnOfSecrets(this, stage.variables);
    const field = (key: string) => EcsSecret.fromSecretsManager(data.database.appSecret, key);
    task.addContainer(containerName, {
      image: ContainerImage.fromEcrRepository(data.images.repository, "release"),
      entryPoint: [...config.app.start],
      environment: {
        NODE_ENV: "production",
        ...stage.variables,
        PORT: String(config.app.port),
        ...connectionVariables(stage.database, databaseCertificates),
      },
      secrets: Object.fromEntries(
        Object.entries(loginVariables(stage.database)).map(([name, key]) => [name, field(key)]),
      ),
      dockerLabels: { [runtimeLabel]: JSON.stringify(runtime) },
      portMappings: [{ containerPort: config.app.port }],
      logging: new AwsLogDriver({ streamPrefix: "release", logGroup: data.logGroup }),
      stopTimeout: Duration.seconds(Math.min(stage.drainSeconds + 5, 120)),
      linuxParameters: new LinuxParameters(this, "Process", { initProcessEnabled: true }),
    });
    this.taskDefinitionArn = task.taskDefinitionArn;
  }
}

/** The configuration refuses values in the format of a secret. */
function warnOfSecrets(scope: Construct, variables: Readonly<Record<string, string>>): void {
  const suspects = Object.keys(variables).filter((name) =>
    /(?<!PUBLIC_.*)(SECRET|PASSWORD|TOKEN|API_?KEY)$/i.test(name),
  );
  for (const name of suspects)
    Annotations.of(scope).addWarningV2(
      `lockstep:variable-${name}`,
      `Variable ${name} is stored as text in task definitions. If it is secret, remove it from the configuration and run: lockstep secret set ${name}`,
    );
}
