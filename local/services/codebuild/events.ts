import type { CloudEvent } from "#local/cloud/index.ts";
import { currentPhase, isOver, type BuildRecord, type PhaseRecord } from "./store.ts";

// https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html

export function stateChange(build: BuildRecord): CloudEvent {
  return event("CodeBuild Build State Change", build, {
    "build-status": build.status,
    "current-phase": currentPhase(build),
    "current-phase-context": "[]",
  });
}

export function phaseChange(build: BuildRecord, phase: PhaseRecord): CloudEvent {
  const { type, status, startedAt, endedAt = startedAt } = phase;
  return event("CodeBuild Build Phase Change", build, {
    "completed-phase": type,
    "completed-phase-status": status,
    "completed-phase-context": contextOf(phase),
    "completed-phase-duration-seconds": Math.round((endedAt - startedAt) / 1000),
    "completed-phase-start": dateOf(startedAt),
    "completed-phase-end": dateOf(endedAt),
  });
}

function event(detailType: string, build: BuildRecord, detail: Record<string, unknown>): CloudEvent {
  return {
    source: "aws.codebuild",
    detailType,
    resources: [build.arn],
    detail: {
      "project-name": build.project.name,
      "build-id": build.arn,
      ...detail,
      "additional-information": additionalInformation(build),
      version: "1",
    },
  };
}

function additionalInformation(build: BuildRecord) {
  const { project, logs } = build;
  return {
    artifact: { location: "" },
    environment: {
      image: project.environment.image,
      "privileged-mode": false,
      "image-pull-credentials-type": project.environment.imagePullCredentialsType,
      "compute-type": project.environment.computeType,
      type: "LINUX_CONTAINER",
      "environment-variables": project.variables,
    },
    "timeout-in-minutes": project.timeoutInMinutes,
    "build-complete": isOver(build),
    "build-number": build.number,
    initiator: build.initiator,
    "build-start-time": dateOf(build.startedAt),
    source: { location: project.location, type: "CODECOMMIT" },
    "source-version": project.sourceVersion,
    logs: logs && { "group-name": logs.groupName, "stream-name": logs.streamName },
    phases: build.phases.map(describePhase),
  };
}

function describePhase(phase: PhaseRecord) {
  const { type, status, startedAt, endedAt } = phase;
  const start = { "phase-type": type, "start-time": dateOf(startedAt) };
  if (endedAt === undefined) return start;
  return {
    ...start,
    "phase-status": status,
    "end-time": dateOf(endedAt),
    "duration-in-seconds": Math.round((endedAt - startedAt) / 1000),
    "phase-context": [contextOf(phase)],
  };
}

/** `[: ]` for a phase without context. */
const contextOf = ({ context }: PhaseRecord) => `[${context?.statusCode ?? ""}: ${context?.message ?? ""}]`;

const dateFormat = new Intl.DateTimeFormat("en-US", {
  month: "short",
  day: "numeric",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  hour12: true,
  timeZone: "UTC",
});

/** e.g. `Sep 1, 2017 4:12:29 PM` */
function dateOf(time: number): string {
  const part = Object.fromEntries(dateFormat.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${part.month} ${part.day}, ${part.year} ${part.hour}:${part.minute}:${part.second} ${part.dayPeriod}`;
}
