import { defineResource } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import type { Routing } from "./routing.ts";
import { groupKey, type GroupRecord } from "./store.ts";

const flag = z.union([z.boolean(), z.stringbool()]);
const minutes = z.coerce.number().int().positive();
const percentage = z.coerce.number().int().min(1).max(99);
const platform = z.literal("ECS", "The local cloud supports the compute platform ECS only");

export const createResources = (deps: Deps) => [applicationResource(deps), configResource(deps), groupResource(deps)];

const applicationProperties = z.strictObject({ ApplicationName: z.string().optional(), ComputePlatform: platform });

function applicationResource({ cloud, store }: Deps) {
  return defineResource<z.infer<typeof applicationProperties>>({
    type: "AWS::CodeDeploy::Application",
    properties: applicationProperties,
    inert: ["Tags"],
    nameProperty: "ApplicationName",
    create({ ApplicationName }, context) {
      const name = ApplicationName ?? context.generatedName(100);
      if (!store.applications.get(name))
        store.applications.save({ name, id: cloud.ids.uuid(), createdAt: cloud.clock.now() });
      return { physicalId: name };
    },
    delete: ({ physicalId }) => store.applications.delete(physicalId),
  });
}

const configProperties = z.strictObject({
  DeploymentConfigName: z.string().optional(),
  ComputePlatform: platform,
  TrafficRoutingConfig: z.discriminatedUnion("Type", [
    z.strictObject({ Type: z.literal("AllAtOnce") }),
    z.strictObject({
      Type: z.literal("TimeBasedCanary"),
      TimeBasedCanary: z.strictObject({ CanaryInterval: minutes, CanaryPercentage: percentage }),
    }),
    z.strictObject({
      Type: z.literal("TimeBasedLinear"),
      TimeBasedLinear: z.strictObject({ LinearInterval: minutes, LinearPercentage: percentage }),
    }),
  ]),
});
type ConfigProperties = z.infer<typeof configProperties>;

function configResource({ cloud, store }: Deps) {
  const save = (name: string, { TrafficRoutingConfig }: ConfigProperties) => {
    const id = cloud.ids.uuid();
    store.saveConfig({ name, id, createdAt: cloud.clock.now(), routing: readRouting(TrafficRoutingConfig) });
    return { physicalId: name };
  };
  return defineResource<ConfigProperties>({
    type: "AWS::CodeDeploy::DeploymentConfig",
    properties: configProperties,
    createOnly: ["DeploymentConfigName", "ComputePlatform", "TrafficRoutingConfig"],
    nameProperty: "DeploymentConfigName",
    create: (properties, context) => save(properties.DeploymentConfigName ?? context.generatedName(100), properties),
    update: ({ physicalId }, properties) => save(physicalId, properties),
    delete: ({ physicalId }) => store.deleteConfig(physicalId),
  });
}

function readRouting(config: ConfigProperties["TrafficRoutingConfig"]): Routing {
  if (config.Type === "AllAtOnce") return { type: "AllAtOnce" };
  if (config.Type === "TimeBasedCanary") {
    const { CanaryPercentage, CanaryInterval } = config.TimeBasedCanary;
    return { type: "TimeBasedCanary", percentage: CanaryPercentage, minutes: CanaryInterval };
  }
  const { LinearPercentage, LinearInterval } = config.TimeBasedLinear;
  return { type: "TimeBasedLinear", percentage: LinearPercentage, minutes: LinearInterval };
}

const route = z.strictObject({ ListenerArns: z.tuple([z.string()]) });
const targetGroup = z.strictObject({ Name: z.string() }).transform(({ Name }) => Name);

const groupProperties = z.strictObject({
  ApplicationName: z.string(),
  DeploymentGroupName: z.string().optional(),
  DeploymentConfigName: z.string().default("CodeDeployDefault.ECSAllAtOnce"),
  ServiceRoleArn: z.string().startsWith("arn:"),
  DeploymentStyle: z.strictObject({
    DeploymentOption: z.literal("WITH_TRAFFIC_CONTROL"),
    DeploymentType: z.literal("BLUE_GREEN"),
  }),
  ECSServices: z.tuple([z.strictObject({ ClusterName: z.string(), ServiceName: z.string() })]),
  LoadBalancerInfo: z.strictObject({
    TargetGroupPairInfoList: z.tuple([
      z.strictObject({
        ProdTrafficRoute: route,
        TestTrafficRoute: route.optional(),
        TargetGroups: z.tuple([targetGroup, targetGroup]),
      }),
    ]),
  }),
  BlueGreenDeploymentConfiguration: z.strictObject({
    DeploymentReadyOption: z
      .strictObject({
        ActionOnTimeout: z.enum(["CONTINUE_DEPLOYMENT", "STOP_DEPLOYMENT"]).default("CONTINUE_DEPLOYMENT"),
        WaitTimeInMinutes: z.coerce.number().int().min(0).default(0),
      })
      .default({ ActionOnTimeout: "CONTINUE_DEPLOYMENT", WaitTimeInMinutes: 0 }),
    TerminateBlueInstancesOnDeploymentSuccess: z.strictObject({
      // KEEP_ALIVE is not for Amazon ECS.
      Action: z.literal("TERMINATE").default("TERMINATE"),
      TerminationWaitTimeInMinutes: z.coerce.number().int().min(0).max(2880).default(0),
    }),
  }),
  AutoRollbackConfiguration: z
    .strictObject({
      Enabled: flag.default(false),
      Events: z
        .array(z.enum(["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]))
        .default([]),
    })
    .default({ Enabled: false, Events: [] }),
  AlarmConfiguration: z
    .strictObject({
      Enabled: flag.default(false),
      IgnorePollAlarmFailure: flag.default(false),
      Alarms: z.array(z.strictObject({ Name: z.string() })).default([]),
    })
    .optional(),
});
type GroupProperties = z.infer<typeof groupProperties>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentgroup.html */
function groupResource({ cloud, store }: Deps) {
  const save = (name: string, properties: GroupProperties) => {
    const { ApplicationName: application, ServiceRoleArn, DeploymentConfigName } = properties;
    if (!store.applications.get(application)) throw new Error(`No application found for name: ${application}`);
    if (!store.config(DeploymentConfigName))
      throw new Error(`No Deployment Configuration found for name: ${DeploymentConfigName}`);
    if (!cloud.trusts(ServiceRoleArn, "codedeploy.amazonaws.com"))
      throw new Error(`AWS CodeDeploy does not have the permissions required to assume the role ${ServiceRoleArn}.`);
    const id = store.groups.get(groupKey(application, name))?.id ?? cloud.ids.uuid();
    store.groups.save({ ...readGroup(properties), application, name, id });
    return { physicalId: name };
  };
  return defineResource<GroupProperties>({
    type: "AWS::CodeDeploy::DeploymentGroup",
    properties: groupProperties,
    inert: ["Tags"],
    createOnly: ["ApplicationName", "DeploymentGroupName"],
    nameProperty: "DeploymentGroupName",
    create: (properties, context) => save(properties.DeploymentGroupName ?? context.generatedName(100), properties),
    update: ({ physicalId }, properties) => save(physicalId, properties),
    delete: ({ physicalId }, { ApplicationName }) => store.groups.delete(groupKey(ApplicationName, physicalId)),
  });
}

function readGroup(properties: GroupProperties): Omit<GroupRecord, "application" | "name" | "id"> {
  const [pair] = properties.LoadBalancerInfo.TargetGroupPairInfoList;
  const [{ ClusterName, ServiceName }] = properties.ECSServices;
  const { DeploymentReadyOption: ready, TerminateBlueInstancesOnDeploymentSuccess: termination } =
    properties.BlueGreenDeploymentConfiguration;
  const { AlarmConfiguration: alarms, AutoRollbackConfiguration: rollback } = properties;
  return {
    configName: properties.DeploymentConfigName,
    serviceRoleArn: properties.ServiceRoleArn,
    cluster: ClusterName,
    service: ServiceName,
    targetGroupNames: pair.TargetGroups,
    productionListenerArn: pair.ProdTrafficRoute.ListenerArns[0],
    testListenerArn: pair.TestTrafficRoute?.ListenerArns[0],
    terminationMinutes: termination.TerminationWaitTimeInMinutes,
    readyMinutes: ready.ActionOnTimeout === "STOP_DEPLOYMENT" ? ready.WaitTimeInMinutes : 0,
    rollbackEvents: rollback.Enabled ? rollback.Events : [],
    alarms: alarms && {
      enabled: alarms.Enabled,
      ignorePollAlarmFailure: alarms.IgnorePollAlarmFailure,
      alarms: alarms.Alarms.map(({ Name }) => ({ name: Name })),
    },
  };
}
