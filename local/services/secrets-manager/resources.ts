import { createHash } from "node:crypto";
import {
  declareResource,
  defineResource,
  hasStackTags,
  stackTags,
  tagList,
  tagRecord,
  type ResourceState,
  type ServiceSchema,
} from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { createSecret, descriptionOf } from "./operations/create-secret.ts";
import { randomPassword } from "./random-password.ts";
import type { Input } from "./reads.ts";
import type { Secret } from "./store.ts";
import { addVersion, currentVersionId, findLive } from "./versions.ts";

const flag = z.union([z.boolean(), z.stringbool()]).optional();

const generation = z.strictObject({
  SecretStringTemplate: z.string().optional(),
  GenerateStringKey: z.string().optional(),
  PasswordLength: z.coerce.number().int().optional(),
  ExcludeCharacters: z.string().optional(),
  ExcludeLowercase: flag,
  ExcludeNumbers: flag,
  ExcludePunctuation: flag,
  ExcludeUppercase: flag,
  IncludeSpace: flag,
  RequireEachIncludedType: flag,
});

type Generation = z.infer<typeof generation>;
type SecretInput = Input<"createSecret"> & { GenerateSecretString?: Generation | undefined };

export const createResources = (deps: Deps, schema: ServiceSchema) => [
  secretResource(deps, schema),
  attachmentResource(deps),
];

function secretResource(deps: Deps, schema: ServiceSchema) {
  const { cloud, store } = deps;
  return declareResource<SecretInput, Secret>({
    type: "AWS::SecretsManager::Secret",
    operation: schema.operations.get("CreateSecret"),
    members: ["Name", "Description", "SecretString", "KmsKeyId", "Tags"],
    properties: { GenerateSecretString: generation.optional() },
    createOnly: ["Name"],
    name: "Name",
    find: (id) => store.find(id),
    isOwn: ({ tags }, context) => hasStackTags(tags, context),
    create: ({ GenerateSecretString: request, ...input }, context) =>
      store.transaction(() => {
        const Tags = tagList({ ...tagRecord(input.Tags), ...stackTags(context) });
        const SecretString = firstValue(input.SecretString, request);
        const secret = createSecret(deps, { ...input, Tags, SecretString });
        return store.save({ ...secret, ...generatedFrom(request) });
      }),
    update({ arn }, { Description, SecretString, GenerateSecretString: request }) {
      const secret = findLive(store, cloud, arn);
      const changed = store.save({ ...secret, ...descriptionOf({ Description }), ...generatedFrom(request) });
      // as AWS: another description keeps the value; another GenerateSecretString makes a new one.
      const isGenerated = changed.generatedFrom !== secret.generatedFrom;
      const text = firstValue(SecretString, isGenerated ? request : undefined);
      return text === undefined ? changed : setText(deps, changed, text);
    },
    // as AWS: CloudFormation deletes without a recovery window.
    delete: (secret) => store.remove(secret),
    state: stateOf,
  });
}

const attachmentProperties = z.strictObject({
  SecretId: z.string(),
  TargetId: z.string(),
  TargetType: z.literal("AWS::RDS::DBInstance"),
});

/** Adds the connection details of its database to the secret. */
function attachmentResource(deps: Deps) {
  const { cloud, store } = deps;
  const attach = async ({ SecretId, TargetId }: z.infer<typeof attachmentProperties>): Promise<ResourceState> => {
    const input = { DBInstanceIdentifier: TargetId };
    const { DBInstances } = await cloud.call("rds", "describeDBInstances", input, {
      as: { service: "secrets-manager" },
    });
    const [target] = DBInstances ?? [];
    const { DBName: dbname = "postgres", Engine: engine, Endpoint } = target ?? {};
    if (!Endpoint) throw new Error(`DB instance ${TargetId} has no endpoint: it is ${target?.DBInstanceStatus}.`);
    const connection = { engine, host: Endpoint.Address, port: Endpoint.Port, dbname, dbInstanceIdentifier: TargetId };
    const secret = findLive(store, cloud, SecretId);
    const former = jsonOf(deps, secret);
    const [from, to] = [former, connection].map(({ host, port }) => `@${String(host)}:${String(port)}/`);
    // Unlike AWS, where the address never changes: so that URLs that others stored beside it stay valid.
    const values = Object.entries(former).map(([key, value]) => [
      key,
      typeof value === "string" && from !== undefined && to !== undefined ? value.replace(from, to) : value,
    ]);
    setText(deps, secret, JSON.stringify({ ...Object.fromEntries(values), ...connection }));
    return { physicalId: secret.arn };
  };
  return defineResource<z.infer<typeof attachmentProperties>>({
    type: "AWS::SecretsManager::SecretTargetAttachment",
    properties: attachmentProperties,
    createOnly: ["SecretId"],
    create: attach,
    update: (_existing, properties) => attach(properties),
    // The port of a DB instance may change when the machine restarts. While a restore swaps databases, none has the name.
    refresh: (existing, properties) =>
      attach(properties).catch((error: unknown) => {
        if (error instanceof Error && error.name === "DBInstanceNotFoundFault") return existing;
        throw error;
      }),
    delete({ physicalId }) {
      const secret = store.find(physicalId);
      if (!secret || secret.deletion) return;
      const {
        host: _host,
        port: _port,
        dbname: _dbname,
        engine: _engine,
        dbInstanceIdentifier: _id,
        ...rest
      } = jsonOf(deps, secret);
      setText(deps, secret, JSON.stringify(rest));
    },
  });
}

/** as AWS: without SecretString and GenerateSecretString, the secret is created without a value. */
function firstValue(text: string | undefined, request: Generation | undefined): string | undefined {
  if (text !== undefined && request)
    throw new Error("SecretString and GenerateSecretString cannot be used together. Fix: remove one of them.");
  if (!request) return text;
  const { SecretStringTemplate: template, GenerateStringKey: key, ...rules } = request;
  const password = randomPassword(rules);
  if (template === undefined && key === undefined) return password;
  if (template === undefined || key === undefined)
    throw new Error("SecretStringTemplate and GenerateStringKey require each other. Fix: set both or none.");
  return JSON.stringify({ ...jsonObject.parse(JSON.parse(template)), [key]: password });
}

const jsonObject = z.record(z.string(), z.unknown());

function jsonOf({ store }: Deps, secret: Secret): Record<string, unknown> {
  const value = store.value(secret, currentVersionId(secret) ?? "");
  if (!value || !("SecretString" in value))
    throw new Error(`Secret ${secret.name} has no SecretString to add the connection details to.`);
  return jsonObject.parse(JSON.parse(value.SecretString));
}

function setText({ cloud, store }: Deps, secret: Secret, text: string): Secret {
  const value = store.value(secret, currentVersionId(secret) ?? "");
  if (value && "SecretString" in value && value.SecretString === text) return secret;
  return addVersion(store, secret, {
    versionId: cloud.ids.uuid(),
    value: { SecretString: text },
    now: cloud.clock.now(),
  });
}

function generatedFrom(request: Generation | undefined) {
  if (!request) return {};
  return { generatedFrom: createHash("sha256").update(JSON.stringify(request)).digest("hex") };
}

const stateOf = ({ arn }: Secret): ResourceState => ({ physicalId: arn, attributes: { Id: arn } });
