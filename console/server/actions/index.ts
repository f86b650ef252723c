import { SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import * as z from "zod";
import { findAbortTarget, stopExecution } from "../../../cli/stage/abort.ts";
import { rollbackTarget } from "../../../cli/stage/choose.ts";
import { startDeployment } from "../../../cli/stage/deploy.ts";
import { decideOn } from "../../../cli/stage/decision.ts";
import { findCommit } from "../../../cli/stage/find-commit.ts";
import { currentRelease, listReleases, readLock } from "../../../cli/stage/records.ts";
import { findRedriveTarget, startRedrive } from "../../../cli/stage/redrive.ts";
import { assessLoss, startRestore } from "../../../cli/stage/restore.ts";
import { identify } from "../../../cli/stage/identity.ts";
import { refuseRollback, startRollback } from "../../../cli/stage/rollback.ts";
import { refuseUnlock, unlockStage } from "../../../cli/stage/unlock.ts";
import { shortId } from "../../../cli/terminal/text.ts";
import { RequestRefused } from "../errors.ts";
import type { StageContext } from "../stages.ts";

const id = z.string().min(1).max(200);
const reason = z
  .string()
  .trim()
  .max(500)
  .optional()
  .transform((text) => text || undefined);

/** A button. AWS and the stage's table record the caller; the result is a sentence for the person. */
function action<Input>(input: z.ZodType<Input>, run: (context: StageContext, input: Input) => Promise<string>) {
  return (context: StageContext, value: unknown) => {
    const parsed = input.safeParse(value);
    if (!parsed.success) throw new RequestRefused(400, `The request is not valid: ${z.prettifyError(parsed.error)}`);
    return run(context, parsed.data);
  };
}

export const actions = {
  redrive: action(z.object({ id: id.optional() }), async ({ clients, stage }, input) => {
    const target = await findRedriveTarget(clients, stage, input.id);
    await startRedrive(clients, stage, target);
    return `${target.name} resumes at the step that failed.`;
  }),
  deploy: action(z.object({ ref: id }), async ({ clients, stage }, { ref }) => {
    const source = await findCommit(clients, stage, ref);
    const { deployment } = await startDeployment(clients, stage, { source, configOnly: false });
    return `${shortId(deployment)} was started.`;
  }),
  abort: action(z.object({ id, reason }), async ({ clients, stage }, input) => {
    const { kind, item } = await findAbortTarget(clients, stage, input.id);
    const name = kind === "rollback" ? `Rollback ${item.rollback}` : shortId(item.deployment);
    await stopExecution(clients, stage, { execution: item.execution, name, reason: input.reason });
    return kind === "rollback" ? `${name} was stopped.` : `${name} was stopped; its changes are rolled back.`;
  }),
  approve: action(z.object({ id, reason }), async ({ clients, stage }, input) => {
    const { deployment, by } = await decideOn(clients, stage, { ...input, decision: "approved", reason: input.reason });
    return `${shortId(deployment)} was approved by ${by}.`;
  }),
  reject: action(z.object({ id, reason }), async ({ clients, stage }, input) => {
    const { deployment, by } = await decideOn(clients, stage, { ...input, decision: "rejected", reason: input.reason });
    return `${shortId(deployment)} was rejected by ${by}.`;
  }),
  rollback: action(z.object({ id, reason }), async ({ clients, stage }, input) => {
    const refusal = await refuseRollback(clients, stage);
    if (refusal !== undefined) throw new RequestRefused(409, refusal);
    const live = await currentRelease(clients, stage);
    const target = rollbackTarget(await listReleases(clients, stage), live, input.id);
    await startRollback(clients, stage, { release: target.deployment, reason: input.reason });
    return `Rolling back to ${shortId(target.deployment)}.`;
  }),
  unlock: action(z.object({ generation: z.number(), reason }), async ({ clients, stage }, input) => {
    const lock = await readLock(clients, stage);
    if (lock.generation !== input.generation)
      throw new RequestRefused(409, `The lock of ${stage.name} has changed since the page was shown.`);
    const refusal = await refuseUnlock(clients, lock);
    if (refusal !== undefined) throw new RequestRefused(409, refusal);
    const { woken } = await unlockStage(clients, stage, { lock, reason: input.reason });
    return `${stage.name} is unlocked.${woken > 0 ? ` Waiting deployments resumed: ${woken}.` : ""}`;
  }),
  restore: action(
    z.object({ snapshot: id, stage: id, withRollback: z.boolean().default(false) }),
    async ({ clients, stage }, input) => {
      if (input.stage !== stage.name)
        throw new RequestRefused(400, `Type the name of the stage, ${stage.name}, to restore its database.`);
      const { arn: by } = await identify(clients, stage);
      const loss = await assessLoss(clients, stage, input.snapshot);
      const release = input.withRollback ? loss.misfit?.fitting : undefined;
      if (loss.misfit && !release)
        throw new RequestRefused(409, "The live release does not run on the schema of this snapshot.");
      await startRestore(clients, stage, { loss, by, release: release?.deployment });
      return `Restoring ${input.snapshot}.`;
    },
  ),
  "set-alarm": action(z.object({ alarm: id, state: z.enum(["ALARM", "OK"]) }), async ({ clients, stage }, input) => {
    const { arn } = await identify(clients, stage);
    if (!clients.local)
      throw new RequestRefused(409, "An alarm is set by hand only in a local cloud. On AWS, use CloudWatch.");
    await clients.cloudwatch.send(
      new SetAlarmStateCommand({
        AlarmName: input.alarm,
        StateValue: input.state,
        StateReason: `Set by hand in the console by ${arn}`,
      }),
    );
    return `Alarm ${input.alarm} is ${input.state}.`;
  }),
} as const;

export type ActionName = keyof typeof actions;
