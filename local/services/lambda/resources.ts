import { defineResource, type Cloud, type ResourceContext } from "#local/cloud/index.ts";
import { z } from "zod";
import { deleteCode, saveCode, type CodeSource } from "./code.ts";
import type { Deps } from "./deps.ts";
import { fault, invalidParameter } from "./faults.ts";
import { checkVariables, memorySize, saveFunction, timeoutSeconds } from "./functions.ts";
import { functionArn, functionNameOf } from "./names.ts";

const functionProperties = z.strictObject({
  FunctionName: z.string().optional(),
  Code: z.union([z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }), z.strictObject({ ZipFile: z.string() })]),
  Handler: z.string().regex(/^[^\s]+\.[^\s.]+$/),
  Runtime: z.literal("nodejs24.x"),
  Role: z.string(),
  Timeout: z.coerce.number().int().min(timeoutSeconds.min).max(timeoutSeconds.max).default(3),
  MemorySize: z.coerce.number().int().min(memorySize.min).max(memorySize.max).default(128),
  Environment: z
    .strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) })
    .default({ Variables: {} }),
  Description: z.string().default(""),
  ReservedConcurrentExecutions: z.coerce.number().int().min(0).optional(),
  LoggingConfig: z
    .strictObject({ LogGroup: z.string().optional(), LogFormat: z.literal("Text").optional() })
    .default({}),
});
type FunctionProperties = z.infer<typeof functionProperties>;

export const createResources = (deps: Deps) => [functionResource(deps), permissionResource(deps)];

function functionResource(deps: Deps) {
  const { cloud, store, engine } = deps;
  const codeRoot = () => `${cloud.directory("lambda")}/code`;
  const put = (name: string, properties: FunctionProperties, context: ResourceContext) => {
    const code = saveCode(codeRoot(), name, sourceOf(properties, context));
    const { arn } = saveFunction(deps, recordOf(cloud, { name, properties, code }));
    return { physicalId: name, attributes: { Arn: arn } };
  };
  return defineResource({
    type: "AWS::Lambda::Function",
    properties: functionProperties,
    inert: ["Architectures", "EphemeralStorage", "Tags", "TracingConfig", "VpcConfig"],
    createOnly: ["FunctionName"],
    nameProperty: "FunctionName",
    create(properties, context) {
      const name = properties.FunctionName ?? context.generatedName(64);
      if (store.functions.get(name) && !context.isRepeated)
        throw fault("ResourceConflictException", `Function already exist: ${name}`);
      return put(name, properties, context);
    },
    update: ({ physicalId }, properties, context) => put(physicalId, properties, context),
    delete({ physicalId: name }) {
      store.functions.delete(name);
      engine.retire(name);
      deleteCode(codeRoot(), name);
    },
  });
}

function sourceOf({ Code }: FunctionProperties, context: ResourceContext): CodeSource {
  if ("ZipFile" in Code) return { kind: "inline", text: Code.ZipFile };
  return { kind: "directory", path: context.assetPath(Code.S3Bucket, Code.S3Key) };
}

type Definition = Parameters<typeof saveFunction>[1];

interface Deployment {
  name: string;
  properties: FunctionProperties;
  code: ReturnType<typeof saveCode>;
}

function recordOf(cloud: Cloud, { name, properties, code }: Deployment): Definition {
  const { Role, Environment, LoggingConfig, ReservedConcurrentExecutions: reserved } = properties;
  checkVariables(Environment.Variables);
  if (!cloud.trusts(Role, "lambda.amazonaws.com")) {
    throw invalidParameter("The role defined for the function cannot be assumed by Lambda.");
  }
  return {
    name,
    arn: functionArn(cloud, name),
    runtime: properties.Runtime,
    handler: properties.Handler,
    roleArn: Role,
    timeoutSeconds: properties.Timeout,
    memorySize: properties.MemorySize,
    environment: Environment.Variables,
    description: properties.Description,
    logGroupName: LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
    reservedConcurrency: reserved,
    codeDirectory: code.directory,
    codeSha256: code.sha256,
    codeSize: code.size,
  };
}

const permissionProperties = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  FunctionUrlAuthType: z.literal("NONE").optional(),
  InvokedViaFunctionUrl: z.union([z.boolean(), z.stringbool()]).optional(),
});

function permissionResource({ cloud, store }: Deps) {
  const put = (id: string, properties: z.infer<typeof permissionProperties>) => {
    store.permissions.put(id, {
      functionName: functionNameOf(cloud, properties.FunctionName),
      action: properties.Action,
      principal: properties.Principal,
      sourceArn: properties.SourceArn,
      forUrl: properties.FunctionUrlAuthType !== undefined || properties.InvokedViaFunctionUrl === true,
    });
    return { physicalId: id };
  };
  return defineResource({
    type: "AWS::Lambda::Permission",
    properties: permissionProperties,
    createOnly: ["Action", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal", "SourceArn"],
    create: (properties, { stackName, logicalId }) => put(`${stackName}-${logicalId}`, properties),
    update: ({ physicalId }, properties) => put(physicalId, properties),
    delete: ({ physicalId }) => store.permissions.delete(physicalId),
  });
}
