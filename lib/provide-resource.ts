import { CustomResource, Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { NodeFunction } from "./node-function.ts";

interface ProvidedResource {
  type: `Custom::${string}`;
  /** A function of lambdas/resources. */
  provider: NodeFunction;
  properties: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export function provideResource(scope: Construct, id: string, { type, provider, properties }: ProvidedResource) {
  const resource = new CustomResource(scope, id, {
    resourceType: type,
    serviceToken: provider.function.functionArn,
    serviceTimeout: Duration.minutes(5),
    properties,
  });
  resource.node.addDependency(provider); // its policy, without which a creation is denied
  return resource;
}
