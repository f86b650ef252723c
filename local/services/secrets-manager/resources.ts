import { createHash } from "node:crypto";
import { defineResource, hasStackTags, stackTags, tagList, tagRecord, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { createSecret } from "./operations/create-secret.ts";
import { randomPassword } from "./random-password.ts";
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

const secretProperties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: generation.optional(),
  KmsKeyId: z.string().optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
});

type SecretProperties = z.infer<typeof secretProperties>;

export const createResources = (deps: Deps) => [secretResource(deps), attachmentResource(deps)];

function secretResource(deps: Deps) {
  const { cloud, store } = deps;
  return defineResource<SecretProperties>({
    type: "AWS::SecretsManager::Secret",
    properties: secretProperties,
    create(properties, resource) {
      const Name = properties.Name ?? resource.generatedName();
      const existing = store.find(Name);
      // Created by an earlier run that was interrupted before it could record that.
      if (existing && hasStackTags(existing.tags, resource)) return stateOf(existing);
      const tags = { ...tagRecord(properties.Tags), ...stackTags(resource) };
      return store.transaction(() => {
        const { Description, KmsKeyId } = properties;
        const secret = createSecret(deps, {
          Name,
          Description,
          KmsKeyId,
          Tags: tagList(tags),
          SecretString: firstValue(properties),
        });
        store.save({ ...secret, ...generatedFrom(properties) });
        return stateOf(secret);
      });
    },
    update({ physicalId }, properties) {
      const secret = findLive(store, cloud, physicalId);
      const described = {
        ...secret,
        ...(properties.Description === undefined ? {} : { description: properties.Description }),
        ...generatedFrom(properties),
      };
      store.save(described);
      // as AWS: another description keeps the value; another GenerateSecretString makes a new one.
      const isNew = properties.SecretString !== undefined || described.generatedFrom !== secret.generatedFrom;
      if (isNew) setText(deps, described, firstValue(properties));
      return stateOf(secret);
    },
    // as AWS: CloudFormation deletes without a recovery window.
    delete({ physicalId }) {
      const secret = store.find(physicalId);
      if (secret) store.remove(secret);
    },
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
    const place = { engine, host: Endpoint.Address, port: Endpoint.Port, dbname, dbInstanceIdentifier: TargetId };
    const secret = findLive(store, cloud, SecretId);
    setText(deps, secret, JSON.stringify({ ...jsonOf(deps, secret), ...place }));
    return { physicalId: secret.arn };
  };
  return defineResource<z.infer<typeof attachmentProperties>>({
    type: "AWS::SecretsManager::SecretTargetAttachment",
    properties: attachmentProperties,
    create: attach,
    update: (_existing, properties) => attach(properties),
    // The port of a DB instance may be another one after a restart of this machine.
    refresh: (_existing, properties) => attach(properties),
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

function firstValue({ SecretString, GenerateSecretString }: SecretProperties): string {
  if (SecretString !== undefined && GenerateSecretString)
    throw new Error("A secret takes either SecretString or GenerateSecretString, not both.");
  if (SecretString !== undefined) return SecretString;
  const { SecretStringTemplate: template, GenerateStringKey: key, ...request } = GenerateSecretString ?? {};
  const password = randomPassword(request);
  if (template === undefined && key === undefined) return password;
  if (template === undefined || key === undefined)
    throw new Error("SecretStringTemplate and GenerateStringKey go together.");
  return JSON.stringify({ ...jsonObject.parse(JSON.parse(template)), [key]: password });
}

const jsonObject = z.record(z.string(), z.unknown());

function jsonOf({ store }: Deps, secret: Secret): Record<string, unknown> {
  const value = store.value(secret, currentVersionId(secret) ?? "");
  if (!value || !("SecretString" in value))
    throw new Error(`Secret ${secret.name} has no text to add the database to.`);
  return jsonObject.parse(JSON.parse(value.SecretString));
}

function setText({ cloud, store }: Deps, secret: Secret, text: string): void {
  const value = store.value(secret, currentVersionId(secret) ?? "");
  if (value && "SecretString" in value && value.SecretString === text) return;
  addVersion(store, secret, { versionId: cloud.ids.uuid(), value: { SecretString: text }, now: cloud.clock.now() });
}

function generatedFrom({ GenerateSecretString }: SecretProperties) {
  if (!GenerateSecretString) return {};
  return { generatedFrom: createHash("sha256").update(JSON.stringify(GenerateSecretString)).digest("hex") };
}

const stateOf = ({ arn }: Secret): ResourceState => ({ physicalId: arn, attributes: { Id: arn } });
