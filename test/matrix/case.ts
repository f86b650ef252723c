import type { DeploymentRecord } from "../../lambdas/core/record.ts";
import type { World } from "./world.ts";

type Files = Readonly<Record<string, string>>;

export interface Case {
  /** The failure. */
  readonly what: string;
  readonly where: string;
  readonly files?: (world: World) => Files | Promise<Files>;
  /** Runs before the push. */
  readonly before?: (world: World) => Promise<void>;
  /** Runs during the deployment; returns when the failure began, in epoch milliseconds. */
  readonly during?: (world: World, commit: string) => Promise<number | undefined>;
  readonly status: DeploymentRecord["status"];
  readonly error?: string | readonly string[];
  /** Why the release was rolled back. */
  readonly explanation?: RegExp;
  readonly outcome?: NonNullable<DeploymentRecord["rollback"]>["outcome"];
  /** The release that serves at the end: the previous one, or the pushed one. */
  readonly serves: "old" | "new";
  readonly frozen?: true;
  /** Fixes the cause before the redrive. */
  readonly repair?: (world: World) => Promise<void>;
  /** Expected result of a redrive, if there is something to redrive. */
  readonly redrive?: { readonly status: DeploymentRecord["status"]; readonly error?: string };
  /** Removes what would affect the next case. */
  readonly cleanup?: (world: World) => Promise<void>;
  readonly note?: string;
}

export const good = { status: "succeeded", serves: "new" } as const;
export const unchanged = { status: "failed", outcome: "nothing-to-undo", serves: "old" } as const;
/** The rollback of a healthy release failed: it keeps serving, and the stage is frozen. */
export const frozenStage = { status: "succeeded", outcome: "failed", serves: "new", frozen: true } as const;
export const rolledBack = { status: "failed", outcome: "rolled-back", serves: "old" } as const;
