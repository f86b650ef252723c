import { type App, CfnResource } from "aws-cdk-lib";
import { complete } from "./configurations.ts";
import type { Proof } from "./proof.ts";
import { minimal, synthesizeApp, synthesizeChanged } from "./synthesize-app.ts";

const unknownProperty = "NotAProperty";

/** The CDK validates templates against the resource schemas of CloudFormation; a feature flag makes violations fail the synthesis. */
export const resourceSchemas: Proof = {
  name: "Resource schemas",
  async run() {
    const { stacks } = synthesizeApp(complete);
    const properties = stacks.flatMap(({ template }) =>
      Object.values((template as { Resources: Record<string, { Properties?: object }> }).Resources).flatMap(
        ({ Properties = {} }) => Object.keys(Properties),
      ),
    );
    const types = refusals();
    return {
      checked: `${properties.length} properties valid, ${types.length} types refuse an unknown property`,
      findings: types.filter(({ isRefused }) => !isRefused).map(({ type }) => `${type} accepts ${unknownProperty}`),
    };
  },
};

/** Adds an unknown property to one resource of each type. A custom resource has no schema: its function checks its properties. */
function refusals() {
  const byType = new Map<string, CfnResource>();
  const report = reportOf((app) => {
    for (const construct of app.node.findAll()) {
      if (!CfnResource.isCfnResource(construct) || construct.cfnResourceType.startsWith("Custom::")) continue;
      byType.set(construct.cfnResourceType, construct);
    }
    for (const resource of byType.values()) resource.addPropertyOverride(unknownProperty, true);
  });
  return [...byType].map(([type, resource]) => {
    const id: string = resource.stack.resolve(resource.logicalId);
    return { type, isRefused: report.includes(`${resource.node.path} (${id})`) };
  });
}

function reportOf(change: (app: App) => void): string {
  try {
    synthesizeChanged(minimal, change);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
