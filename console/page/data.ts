import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ActionName } from "../server/actions/index.ts";
import type { BranchCommits } from "../server/queries/commits.ts";
import type { DatabaseView, LossView } from "../server/queries/database.ts";
import type { DeploymentDetail } from "../server/queries/deployment.ts";
import type { DeploymentPage } from "../server/queries/deployments.ts";
import type { DifferenceView } from "../server/queries/difference.ts";
import type { Glance } from "../server/queries/glance.ts";
import type { ReadinessView } from "../server/queries/readiness.ts";
import type { PendingMigration } from "../server/queries/migrations.ts";
import type { Permissions } from "../server/queries/permissions.ts";
import type { EarlierReleases } from "../server/queries/releases.ts";
import type { Receipt } from "../server/queries/receipt.ts";
import type { Traffic } from "../server/queries/traffic.ts";
import { get, post } from "./session.ts";

export const pathOf = (stage: string, name: string) => `/api/stages/${encodeURIComponent(stage)}/${name}`;

export function useStages() {
  return useQuery({ queryKey: ["stages"], queryFn: ({ signal }) => get<string[]>("/api/stages", signal) });
}

export function useGlance(stage: string) {
  return useStageQuery<Glance>(stage, "glance");
}

const readinessPollMs = 60_000;

/** Asks several services, so it is not read again with every step of a deployment. */
export function useReadiness(stage: string) {
  const { data: glance } = useGlance(stage);
  return useQuery({
    queryKey: ["readiness", stage, glance?.live?.deployment, glance?.alarms],
    queryFn: ({ signal }) => get<ReadinessView | null>(pathOf(stage, "readiness"), signal),
    enabled: glance !== undefined,
    refetchInterval: readinessPollMs,
    placeholderData: keepPreviousData,
  });
}

export function useDeployment(stage: string, id: string) {
  return useStageQuery<DeploymentDetail>(stage, `deployments/${encodeURIComponent(id)}`);
}

export function useDifference(stage: string, id: string) {
  return useStageQuery<DifferenceView | null>(stage, `deployments/${encodeURIComponent(id)}/difference`);
}

/** Of its commit, without the title. A commit does not change. */
export function useMessage(stage: string, id: string) {
  return useQuery({
    queryKey: ["message", stage, id],
    queryFn: ({ signal }) => get<string>(pathOf(stage, `deployments/${encodeURIComponent(id)}/message`), signal),
  });
}

export function useMigrations(stage: string, id: string) {
  return useStageQuery<PendingMigration[]>(stage, `deployments/${encodeURIComponent(id)}/migrations`);
}

export function useCommits(stage: string) {
  return useStageQuery<BranchCommits>(stage, "commits");
}

export function useReleases(stage: string) {
  return useStageQuery<EarlierReleases>(stage, "releases");
}

/** Whether a rollback to the release can work. */
export function useReleaseReadiness(stage: string, id: string) {
  return useStageQuery<ReadinessView | null>(stage, `releases/${encodeURIComponent(id)}/readiness`);
}

/** Not a part of the stage, whose changes do not change it. */
export function usePermissions(stage: string) {
  return useQuery({
    queryKey: ["permissions", stage],
    queryFn: ({ signal }) => get<Permissions>(pathOf(stage, "permissions"), signal),
    staleTime: 300_000,
  });
}

const runningReceiptPollMs = 30_000;

/** Reads logs and metrics, so it is not read again with every step of a running deployment. */
export function useReceipt(stage: string, id: string) {
  return useQuery({
    queryKey: ["receipt", stage, id],
    queryFn: ({ signal }) => get<Receipt>(pathOf(stage, `deployments/${encodeURIComponent(id)}/receipt`), signal),
    staleTime: runningReceiptPollMs,
    refetchInterval: ({ state }) => (state.data?.endedAt === null ? runningReceiptPollMs : false),
  });
}

export function useDatabase(stage: string) {
  return useStageQuery<DatabaseView>(stage, "database");
}

/** Not read again by itself: the person decides on what is shown. */
export function useLoss(stage: string, snapshot: string) {
  return useQuery({
    queryKey: ["loss", stage, snapshot],
    queryFn: ({ signal }) => get<LossView>(pathOf(stage, `database/loss/${encodeURIComponent(snapshot)}`), signal),
    gcTime: 0,
  });
}

export function useTraffic(stage: string, minutes: number) {
  return useQuery({
    queryKey: ["stage", stage, "traffic", minutes],
    queryFn: ({ signal }) => get<Traffic>(pathOf(stage, `traffic?minutes=${minutes}`), signal),
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  });
}

/** How long pages behind the first, whose deployments have ended, are not read again when the stage changes. */
const olderPagesMs = 30_000;

/** Of all outcomes, or only of these kinds. */
export function useDeployments(stage: string, search: string, kinds: readonly string[]) {
  const filter = { search, kinds: kinds.join(",") };
  const read = (start: string | null, signal: AbortSignal) => {
    const parameters = new URLSearchParams({ limit: "100", ...filter, ...(start !== null && { start }) });
    return get<DeploymentPage>(pathOf(stage, `deployments?${parameters}`), signal);
  };
  return useInfiniteQuery({
    queryKey: ["stage", stage, "deployments", filter],
    queryFn: ({ client, pageParam, signal }) =>
      pageParam === null
        ? read(pageParam, signal)
        : client.fetchQuery({
            queryKey: ["older-deployments", stage, filter, pageParam],
            queryFn: (context) => read(pageParam, context.signal),
            staleTime: olderPagesMs,
          }),
    structuralSharing: false, // compares all rows with each page that is read
    initialPageParam: null as string | null, // the type of the others
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
}

function useStageQuery<Answer>(stage: string, name: string) {
  return useQuery({
    queryKey: ["stage", stage, name],
    queryFn: ({ signal }) => get<Answer>(pathOf(stage, name), signal),
  });
}

/** Starts an action, and reads the stage again when it has started. */
export function useAction(stage: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, input }: { name: ActionName; input: object }) =>
      (await post(pathOf(stage, `actions/${name}`), input)) as { message: string }, // of the server of this page
    // Not awaited: each change of the stage starts the reads again, so that they may end late.
    onSuccess: () => void client.invalidateQueries({ queryKey: ["stage", stage] }),
  });
}
