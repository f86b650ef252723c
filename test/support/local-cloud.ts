import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createCloud, type AnyService, type CloudOptions, type LocalCloud } from "#local/cloud/index.ts";

export interface TestCloudOptions extends Partial<Pick<CloudOptions, "speed" | "clock" | "directory" | "standIns">> {
  services: readonly AnyService[];
  /** Roles by name, each with one policy document. */
  roles?: Readonly<Record<string, object>>;
}

interface ClientOptions {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  maxAttempts: number;
}

export interface TestCloud extends Pick<LocalCloud, "cloud" | "access" | "credentials" | "resourceTypes"> {
  endpoint: string;
  directory: string;
  /** A client with the credentials of root, or of one of the `roles`. */
  client<C>(Client: new (options: ClientOptions) => C, roleName?: string): C;
  roleArn(name: string): string;
  /** Stops the services and removes the directory. */
  stop(): Promise<void>;
  /** Stops the control plane only; it can be started again on the same `directory`. */
  detach(): Promise<void>;
}

export async function startTestCloud({ services, roles = {}, ...options }: TestCloudOptions): Promise<TestCloud> {
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), "lockstep-test-"));
  const accountId = "123456789012";
  const local = await createCloud({ ...options, services, directory, region: "eu-central-1", accountId });
  const roleArn = (name: string) => `arn:aws:iam::${accountId}:role/${name}`;
  for (const [name, document] of Object.entries(roles)) {
    const inlinePolicies = { test: document };
    const trustedServices = [
      "lambda.amazonaws.com",
      "states.amazonaws.com",
      "codebuild.amazonaws.com",
      "ecs-tasks.amazonaws.com",
    ].map((service) => ({ service, conditions: {} }));
    local.access.putRole({ name, arn: roleArn(name), trustedServices, inlinePolicies, managedPolicyArns: [] });
  }
  await local.start();
  const { cloud } = local;
  const roleCredentials = (name: string) => {
    const environment = cloud.roleEnvironment(roleArn(name), "test");
    return {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? "",
      sessionToken: environment.AWS_SESSION_TOKEN ?? "",
    };
  };
  return {
    ...local,
    endpoint: cloud.endpoint,
    directory,
    roleArn,
    client: (Client, roleName) =>
      new Client({
        endpoint: cloud.endpoint,
        region: cloud.region,
        credentials: roleName === undefined ? local.credentials : roleCredentials(roleName),
        maxAttempts: 1, // errors must reach the test
      }),
    async stop() {
      await local.shutDown();
      rmSync(directory, { recursive: true, force: true });
    },
    detach: () => local.stop(),
  };
}
