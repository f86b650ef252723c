import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { defineResource, type ResourceContext } from "#local/cloud/index.ts";
import { copyPrivate } from "#local/kernel/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { isOver, type ProjectRecord, type SecondarySource } from "./store.ts";

const flag = z.union([z.boolean(), z.stringbool()]);
const unsupported = (what: string) => flag.refine((value) => !value, `${what} is not supported by the local cloud`);

const variable = z
  .strictObject({
    Name: z.string().regex(/^(?!CODEBUILD_)/, "names that begin with CODEBUILD_ are reserved"),
    Value: z.string(),
    Type: z.enum(["PLAINTEXT", "SECRETS_MANAGER"]).default("PLAINTEXT"),
  })
  .transform(({ Name, Value, Type }) => ({ name: Name, value: Value, type: Type }));

const sourceFields = {
  BuildSpec: z.string().default("buildspec.yml"),
  GitCloneDepth: z.coerce.number().int().min(0).optional(),
  InsecureSsl: flag.optional(),
};

const properties = z.strictObject({
  Name: z
    .string()
    .regex(/^[A-Za-z0-9][\w-]{1,149}$/)
    .optional(),
  Description: z.string().max(255).optional(),
  Source: z.discriminatedUnion("Type", [
    z.strictObject({ Type: z.literal("CODECOMMIT"), Location: z.url(), ...sourceFields }),
    z.strictObject({
      Type: z.literal("GITHUB"),
      Location: z.string().regex(/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+$/, "a repository of https://github.com"),
      // differs from AWS: without it, CodeBuild uses the account's credentials for GitHub, of which there are none here.
      Auth: z.strictObject({ Type: z.literal("CODECONNECTIONS"), Resource: z.string().startsWith("arn:") }),
      ReportBuildStatus: unsupported("ReportBuildStatus").optional(),
      ...sourceFields,
    }),
  ]),
  Triggers: z.strictObject({ Webhook: unsupported("A webhook of CodeBuild") }).optional(),
  SourceVersion: z.string().optional(),
  SecondarySources: z
    .array(z.strictObject({ Type: z.literal("S3"), Location: z.string(), SourceIdentifier: z.string().regex(/^\w+$/) }))
    .max(12)
    .default([]),
  Artifacts: z.strictObject({ Type: z.literal("NO_ARTIFACTS") }),
  Cache: z
    .discriminatedUnion("Type", [
      z.strictObject({ Type: z.literal("NO_CACHE") }),
      z.strictObject({ Type: z.literal("S3"), Location: z.string().regex(/^[a-z0-9.-]+(\/[\w./-]+)?$/) }),
    ])
    .optional(),
  Environment: z.strictObject({
    Type: z.enum(["LINUX_CONTAINER", "LINUX_LAMBDA_CONTAINER"]),
    Image: z.string(),
    ComputeType: z.string(),
    ImagePullCredentialsType: z.enum(["CODEBUILD", "SERVICE_ROLE"]).optional(),
    PrivilegedMode: unsupported("PrivilegedMode (Docker inside a build)").optional(),
    EnvironmentVariables: z.array(variable).default([]),
  }),
  ServiceRole: z.string().startsWith("arn:"),
  TimeoutInMinutes: z.coerce.number().int().min(5).max(2160).optional(),
  QueuedTimeoutInMinutes: z.coerce.number().int().min(5).max(480).optional(),
  ConcurrentBuildLimit: z.coerce.number().int().min(1).optional(),
  LogsConfig: z
    .strictObject({
      CloudWatchLogs: z
        .strictObject({
          Status: z.enum(["ENABLED", "DISABLED"]),
          GroupName: z.string().optional(),
          StreamName: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
});

const lambdaMinutes = 15;
const isLambda = (type: unknown) => type === "LINUX_LAMBDA_CONTAINER";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/lambda.html#lambda.limitations */
function whyNotOnLambda({ Environment, Cache, TimeoutInMinutes, QueuedTimeoutInMinutes }: z.output<typeof properties>) {
  const { Type, ComputeType } = Environment;
  if (isLambda(Type) !== ComputeType.startsWith("BUILD_LAMBDA_"))
    return `Compute type ${ComputeType} is not available for environment type ${Type}`;
  if (!isLambda(Type)) return undefined;
  if (Cache?.Type === "S3") return "Caching is not supported for Lambda compute";
  if (TimeoutInMinutes !== undefined || QueuedTimeoutInMinutes !== undefined)
    return "A build timeout and a queued timeout are not supported for Lambda compute";
  return undefined;
}

type Properties = z.output<typeof properties>;

export const createResources = (deps: Deps) => [projectResource(deps)];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html */
function projectResource({ cloud, store, engine }: Deps) {
  const stateOf = (project: ProjectRecord) => ({ physicalId: project.name, attributes: { Arn: project.arn } });
  const put = (properties: Properties, context: ResourceContext, name: string) => {
    const refusal = whyNotOnLambda(properties);
    if (refusal !== undefined) throw new Error(refusal);
    const now = cloud.clock.now();
    const owner = `${context.stackName}/${context.logicalId}`;
    const existing = store.projects.get(name);
    if (existing && existing.owner !== owner) throw new Error(`Project already exists: ${existing.arn}`);
    const project: ProjectRecord = {
      name,
      arn: cloud.arn("codebuild", `project/${name}`),
      owner,
      ...readProject(properties, name),
      secondarySources: properties.SecondarySources.map((source) =>
        copySource(cloud.directory("codebuild"), source, context),
      ),
      createdAt: existing?.createdAt ?? now,
      modifiedAt: now,
    };
    return stateOf(store.projects.save(project));
  };
  return defineResource<Properties>({
    type: "AWS::CodeBuild::Project",
    properties,
    inert: ["EncryptionKey", "Tags", "Visibility", "BadgeEnabled"],
    createOnly: ["Name"],
    nameProperty: "Name",
    create: (properties, context) => put(properties, context, properties.Name ?? context.generatedName(150)),
    update: ({ physicalId }, properties, context) => put(properties, context, physicalId),
    delete({ physicalId }) {
      for (const build of store.builds.list(`${physicalId}:`)) if (!isOver(build)) engine.stopBuild(build);
      store.projects.delete(physicalId);
    },
  });
}

function readProject(properties: Properties, name: string) {
  const { Source, Environment, LogsConfig } = properties;
  const logs = LogsConfig?.CloudWatchLogs;
  return {
    description: properties.Description,
    location: Source.Location,
    connectionArn: Source.Type === "GITHUB" ? Source.Auth.Resource : undefined,
    gitCloneDepth: Source.GitCloneDepth,
    buildspec: Source.BuildSpec,
    sourceVersion: properties.SourceVersion,
    environment: {
      type: Environment.Type,
      image: Environment.Image,
      computeType: Environment.ComputeType,
      imagePullCredentialsType: Environment.ImagePullCredentialsType,
    },
    variables: Environment.EnvironmentVariables,
    cacheLocation: properties.Cache?.Type === "S3" ? properties.Cache.Location : undefined,
    serviceRole: properties.ServiceRole,
    timeoutInMinutes: properties.TimeoutInMinutes ?? (isLambda(Environment.Type) ? lambdaMinutes : 60),
    queuedTimeoutInMinutes: properties.QueuedTimeoutInMinutes ?? 480,
    concurrentBuildLimit: properties.ConcurrentBuildLimit,
    logs:
      logs?.Status === "DISABLED"
        ? undefined
        : { groupName: logs?.GroupName ?? `/aws/codebuild/${name}`, streamPrefix: logs?.StreamName },
  };
}

/** Copies the asset, whose key is the hash of its content: the assembly may be deleted before a build needs it. */
function copySource(
  directory: string,
  { Location: location, SourceIdentifier: identifier }: Properties["SecondarySources"][number],
  context: ResourceContext,
): SecondarySource {
  const slash = location.indexOf("/");
  const key = location.slice(slash + 1);
  const asset = context.assetPath(location.slice(0, slash), key);
  if (!statSync(asset).isDirectory())
    throw new Error(`Source ${identifier} (${asset}) is a file. Fix: use a directory asset`);
  const copy = path.join(directory, "sources", path.basename(key, ".zip"));
  if (!existsSync(copy)) {
    const temporary = `${copy}.new`;
    rmSync(temporary, { recursive: true, force: true });
    copyPrivate(asset, temporary);
    renameSync(temporary, copy);
  }
  return { identifier, location, directory: copy };
}
