import type { DeploymentRecord } from "../../lambdas/core/record.ts";
import type { World } from "./world.ts";

type Files = Readonly<Record<string, string>>;

export interface Case {
  /** What goes wrong. */
  readonly what: string;
  readonly where: string;
  readonly files?: (world: World) => Files | Promise<Files>;
  /** Before the push. */
  readonly before?: (world: World) => Promise<void>;
  /** While the deployment runs; answers when the trouble began, in epoch milliseconds. */
  readonly during?: (world: World, commit: string) => Promise<number | undefined>;
  readonly status: DeploymentRecord["status"];
  readonly error?: string | readonly string[];
  readonly outcome?: NonNullable<DeploymentRecord["rollback"]>["outcome"];
  /** Who serves in the end: the release from before, or the one that was pushed. */
  readonly serves: "old" | "new";
  readonly frozen?: true;
  /** Puts right what was wrong, before the redrive. */
  readonly repair?: (world: World) => Promise<void>;
  /** What a redrive ends in; none when there is nothing to redrive. */
  readonly redrive?: { readonly status: DeploymentRecord["status"]; readonly error?: string };
  /** What the next case must not find. */
  readonly afterwards?: (world: World) => Promise<void>;
  readonly note?: string;
}

export const good = { status: "succeeded", serves: "new" } as const;
export const untouched = { status: "failed", outcome: "nothing-to-undo", serves: "old" } as const;
/** The rollback failed after a release that was good: it serves on, and nobody goes on before a person has looked. */
export const leftFrozen = { status: "succeeded", outcome: "failed", serves: "new", frozen: true } as const;
export const takenBack = { status: "failed", outcome: "rolled-back", serves: "old" } as const;
