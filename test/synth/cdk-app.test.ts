import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { App, Stack } from "aws-cdk-lib";
import { CloudAssembly, DISABLE_ASSET_STAGING_CONTEXT } from "aws-cdk-lib/cx-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataStack, DeployPipeline, featureFlags, LoadBalancer, stageProps, WebService } from "../../lib/cdk.ts";
import { type ConfigInput, parseConfig } from "../../lib/config/index.ts";
import { createStacks } from "../../lib/stacks.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const config: ConfigInput = {
  name: "shop",
  app: {},
  stages: { production: { branch: "main", account: "111122223333", region: "eu-west-1" } },
};

interface Template {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown>; Metadata?: Record<string, unknown> }>;
}

const templatesOf = (assembly: CloudAssembly): Record<string, Template> =>
  Object.fromEntries(assembly.stacksRecursively.map(({ stackName, template }) => [stackName, template as Template]));

/** Copying the assets takes most of a synthesis; their hashes are in the templates in any case. */
const context = { [DISABLE_ASSET_STAGING_CONTEXT]: true };

describe("DeployPipeline", { timeout: 120_000 }, () => {
  it("gives the same templates in any CDK app as the commands of Lockstep", () => {
    const own = new App({ context, postCliContext: featureFlags });
    createStacks(own, parseConfig(config, "lockstep.config.ts"));
    const switchedOff = Object.keys(featureFlags).map((flag) => [flag, false] as const);
    const other = new App({
      context: { ...context, ...Object.fromEntries(switchedOff), "@aws-cdk/core:aspectStabilization": true },
    });
    const pipeline = new DeployPipeline(other, "Shop", { config });
    expect(pipeline.stage("production").data.stackName).toBe("Shop-Production-Data");
    const templates = templatesOf(other.synth());
    expect(Object.keys(templates)).toHaveLength(4);
    expect(templates).toEqual(templatesOf(own.synth()));
  });

  it("names the fields of a wrong configuration, and a stage that it does not have", () => {
    const app = new App();
    const wrong = { ...config, stages: { production: { branch: "main", bakeMinutes: 0 } } };
    expect(() => new DeployPipeline(app, "Wrong", { config: wrong })).toThrow(
      /configuration of Wrong .*\n.*stages\.production\.bakeMinutes.*expected at least 1/,
    );
    expect(() => new DeployPipeline(app, "Shop", { config }).stage("staging")).toThrow(
      'Stage "staging" is not in the configuration of Shop, which has production',
    );
  });

  it("can be replaced by its constructs, in stacks of one's own", () => {
    const app = new App({ context, postCliContext: featureFlags });
    const props = stageProps(config, "production");
    const data = new DataStack(app, "ShopData", props);
    const web = new Stack(app, "Web", { env: { account: "111122223333", region: "eu-west-1" } });
    const loadBalancer = new LoadBalancer(web, "Traffic", { ...props, network: data.network });
    const { service } = new WebService(web, "App", { ...props, data, loadBalancer });
    expect(service.stack).toBe(web);
    const { Web: template } = templatesOf(app.synth());
    const types = Object.values(template?.Resources ?? {}).map(({ Type }) => Type);
    expect(types).toEqual(expect.arrayContaining(["AWS::ECS::Service", "AWS::ElasticLoadBalancingV2::LoadBalancer"]));
  });
});

describe("examples/cdk-app", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), "lockstep-cdk-app-"));
    cpSync(path.join(root, "examples", "cdk-app"), directory, { recursive: true });
    mkdirSync(path.join(directory, "node_modules"));
    for (const name of ["aws-cdk-lib", "constructs"])
      symlinkSync(path.join(root, "node_modules", name), path.join(directory, "node_modules", name));
    symlinkSync(root, path.join(directory, "node_modules", "lockstep"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("synthesizes the stacks of Lockstep beside its own, whose bucket the app may use", async () => {
    const output = path.join(directory, "cdk.out");
    const { app } = JSON.parse(readFileSync(path.join(directory, "cdk.json"), "utf8")) as { app: string };
    const [program = "", ...args] = app.split(" ");
    const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`, CDK_OUTDIR: output };
    await promisify(execFile)(program, args, { cwd: directory, env });
    const templates = templatesOf(new CloudAssembly(output));
    expect(Object.keys(templates).toSorted()).toEqual([
      "Shop-Production-Data",
      "Shop-Production-Pipeline",
      "Shop-Production-Service",
      "Shop-Source",
      "ShopUploads",
    ]);
    const policies = Object.values(templates["Shop-Production-Service"]?.Resources ?? {}).filter(
      ({ Type, Properties }) => Type === "AWS::IAM::Policy" && JSON.stringify(Properties).includes("s3:PutObject"),
    );
    expect(policies).toHaveLength(1);
  }, 120_000);
});
