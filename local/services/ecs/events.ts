import type { CloudEvent, Cloud } from "#local/cloud/index.ts";
import { arnOf } from "./arns.ts";
import { describeTask } from "./describe.ts";
import type { ServiceRecord, TaskSetRecord } from "./store.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import type { TaskRecord } from "./task-state.ts";

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html */
export function taskStateChange(
  cloud: Cloud,
  task: TaskRecord,
  definition: TaskDefinitionRecord | undefined,
): CloudEvent {
  const described = describeTask(cloud, task, definition);
  return {
    source: "aws.ecs",
    detailType: "ECS Task State Change",
    resources: [arnOf.task(cloud, task)],
    // The output of DescribeTasks with its times as text.
    detail: {
      ...(JSON.parse(JSON.stringify(described)) as object),
      updatedAt: new Date(cloud.clock.now()).toISOString(),
    },
  };
}

type ServiceEventName = "SERVICE_STEADY_STATE" | "TASKSET_STEADY_STATE" | "SERVICE_TASK_START_IMPAIRED";

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html */
export function serviceAction(
  cloud: Cloud,
  eventName: ServiceEventName,
  { service, taskSet }: { service: ServiceRecord; taskSet: TaskSetRecord },
): CloudEvent {
  const ofTaskSet = eventName === "TASKSET_STEADY_STATE" && { taskSetArns: [arnOf.taskSet(cloud, taskSet)] };
  return {
    source: "aws.ecs",
    detailType: "ECS Service Action",
    resources: [arnOf.service(cloud, service)],
    detail: {
      eventType: eventName === "SERVICE_TASK_START_IMPAIRED" ? "WARN" : "INFO",
      eventName,
      clusterArn: arnOf.cluster(cloud, service.cluster),
      ...ofTaskSet,
      createdAt: new Date(cloud.clock.now()).toISOString(),
    },
  };
}
