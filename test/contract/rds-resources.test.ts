import { ModifyDBInstanceCommand } from "@aws-sdk/client-rds";
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { planOf } from "#local/assembly/plan.ts";
import type { ResourceState } from "#local/cloud/index.ts";
import { rds } from "#local/services/rds/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { rdsOf, settings } from "#test/support/rds.ts";

let local: TestCloud;
let secret: ResourceState;
let instance: ResourceState;

const resource = (type: string) => {
  const resourceType = local.resourceTypes.find((known) => known.type === type);
  if (!resourceType) throw new Error(`No resource type ${type}`);
  return resourceType;
};
const contextOf = (logicalId: string) => ({
  logicalId,
  stackName: "Test",
  generatedName: () => `Test-${logicalId}`,
  assetPath: () => "",
});
const create = async (type: string, properties: object): Promise<ResourceState> => {
  const resourceType = resource(`AWS::${type}`);
  return resourceType.create(resourceType.properties.parse(properties), contextOf(type.replaceAll("::", "")));
};

const content = z.object({
  username: z.string(),
  password: z.string(),
  host: z.string(),
  port: z.number(),
  dbname: z.string(),
  engine: z.literal("postgres"),
  dbInstanceIdentifier: z.string(),
});
const secretContent = async () => {
  const command = new GetSecretValueCommand({ SecretId: secret.physicalId });
  const { SecretString = "" } = await local.client(SecretsManagerClient).send(command);
  return content.partial().parse(JSON.parse(SecretString));
};

/** As CloudFormation passes them: numbers as text, references resolved. */
const instanceProperties = async () => ({
  DBInstanceIdentifier: "Shop",
  Engine: "postgres",
  MasterUsername: "lockstep",
  MasterUserPassword: (await secretContent()).password ?? "",
  DBName: "shop",
  DBInstanceClass: "db.t4g.micro",
  AllocatedStorage: "20",
  StorageEncrypted: "true",
  DeletionProtection: true,
  DBSubnetGroupName: "Test-RDSDBSubnetGroup",
  DBParameterGroupName: "test-rdsdbparametergroup",
  VPCSecurityGroups: ["sg-1"],
});

beforeAll(async () => {
  local = await startTestCloud({ services: [secretsManager, rds] });
  secret = await create("SecretsManager::Secret", {
    Name: "shop/database",
    GenerateSecretString: {
      ExcludeCharacters: " %+~`#$&*()|[]{}:;<>?!'/@\"\\",
      GenerateStringKey: "password",
      PasswordLength: 30,
      SecretStringTemplate: '{"username":"lockstep"}',
    },
  });
  await create("RDS::DBSubnetGroup", {});
  await create("RDS::DBParameterGroup", {
    Family: "postgres18",
    Parameters: { "rds.force_ssl": "1", statement_timeout: 12_345 },
  });
  instance = await create("RDS::DBInstance", await instanceProperties());
}, 60_000);
afterAll(() => local.stop());

it("creates an instance and returns its endpoint", async () => {
  const { Endpoint, DbiResourceId, DBInstanceArn } = await rdsOf(local).describe("shop");
  expect(instance).toEqual({
    physicalId: "shop",
    attributes: {
      "Endpoint.Address": "127.0.0.1",
      "Endpoint.Port": String(Endpoint?.Port),
      DbiResourceId,
      DBInstanceArn,
    },
  });
});

it("writes into the secret where the database is, and what it says is enough to connect", async () => {
  await create("SecretsManager::SecretTargetAttachment", {
    SecretId: secret.physicalId,
    TargetId: "shop",
    TargetType: "AWS::RDS::DBInstance",
  });
  const { host, port, username: user, password, dbname: database } = content.parse(await secretContent());
  const client = new Client({ ...settings(local), host, port, user, password, database });
  await client.connect();
  expect((await client.query("SHOW statement_timeout")).rows).toEqual([{ statement_timeout: "12345ms" }]);
  await client.end();
});

it("corrects the address in the secret at a start, also in a URL that others stored beside it", async () => {
  const [SecretId, { port, ...rest }] = [secret.physicalId, await secretContent()];
  const stored = {
    ...rest,
    host: "127.0.0.1",
    port: 1,
    url: "postgresql://u:p%401:1@127.0.0.1:1/shop?sslmode=verify-full",
  };
  const client = local.client(SecretsManagerClient);
  await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(stored) }));
  const type = resource("AWS::SecretsManager::SecretTargetAttachment");
  const properties = { SecretId, TargetId: "shop", TargetType: "AWS::RDS::DBInstance" };
  await type.refresh?.({ physicalId: SecretId }, type.properties.parse(properties));
  const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId }));
  const url = `postgresql://u:p%401:1@127.0.0.1:${port}/shop?sslmode=verify-full`;
  expect(JSON.parse(SecretString)).toMatchObject({ port, url });
});

it("takes over an instance that an interrupted start had made, and no other's", async () => {
  const type = resource("AWS::RDS::DBInstance");
  const properties = type.properties.parse(await instanceProperties());
  expect(await type.create(properties, contextOf("RDSDBInstance"))).toEqual(instance);
  await expect(type.create(properties, contextOf("Another"))).rejects.toMatchObject({
    name: "DBInstanceAlreadyExistsFault",
  });
});

it("follows the instance that carries the name after a swap", async () => {
  const { client, status, create: createInstance, available } = rdsOf(local);
  const rename = (DBInstanceIdentifier: string, NewDBInstanceIdentifier: string) =>
    client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, NewDBInstanceIdentifier, ApplyImmediately: true }));
  await createInstance({ DBInstanceIdentifier: "standby" });
  await available("standby");
  await rename("shop", "shop-old");
  await expect.poll(() => status("shop-old"), { timeout: 20_000 }).toBe("available");
  await rename("standby", "shop");
  await expect.poll(() => status("shop"), { timeout: 20_000 }).toBe("available");

  const type = resource("AWS::RDS::DBInstance");
  const refreshed = await type.refresh?.(instance, type.properties.parse(await instanceProperties()));
  expect(refreshed?.attributes?.["Endpoint.Port"]).toBe(instance.attributes?.["Endpoint.Port"]);
  expect(refreshed?.attributes?.DbiResourceId).not.toBe(instance.attributes?.DbiResourceId);
}, 60_000);

it.each([
  ["an unknown parameter", { shared_preload_libraries: "x" }, /not applied/],
  ["connections without TLS", { "rds.force_ssl": "0" }, /TLS/],
])("refuses a parameter group with %s", async (_story, Parameters, message) => {
  await expect(create("RDS::DBParameterGroup", { Parameters })).rejects.toThrow(message);
});

it.each([
  ["another engine", { Engine: "mysql" }, /postgres/],
  ["an unknown property", { Nonsense: 1 }, /Nonsense/],
])("refuses an instance with %s", async (_story, change, message) => {
  await expect(create("RDS::DBInstance", { ...(await instanceProperties()), ...change })).rejects.toThrow(message);
});

it("refuses a change that would replace the database, and to delete what is protected", async () => {
  const type = resource("AWS::RDS::DBInstance");
  const properties = await instanceProperties();
  const changed = { ...properties, DBName: "other" };
  const plan = planOf(type, { type: type.type, properties }, { type: type.type, properties: changed });
  expect(plan.refusal).toContain("DBName cannot be changed");
  await rdsOf(local).client.send(
    new ModifyDBInstanceCommand({ DBInstanceIdentifier: "shop", DeletionProtection: true }),
  );
  await expect(type.delete(instance, type.properties.parse(properties), contextOf("RDSDBInstance"))).rejects.toThrow(
    /protected/,
  );
});
