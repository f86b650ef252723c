import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  Wrong,
  commonFunctions,
  invoke,
  pass,
  startStateMachines,
  type StateMachines,
  waitFor,
} from "#test/support/state-machine.ts";

const common = commonFunctions();
let sm: StateMachines;

beforeAll(async () => {
  sm = await startStateMachines(common.functions);
});
afterEach(async () => {
  common.clear();
  await sm.clear();
});
afterAll(() => sm.stop());

describe("a parallel state", () => {
  const branch = (state: object, index: number) => ({ StartAt: `X${index}`, States: { [`X${index}`]: state } });
  const parallel = (branches: object[], rest: object = { End: true }) => ({
    Type: "Parallel",
    Branches: branches.map(branch),
    ...rest,
  });

  it("gives the outputs of its branches in their order", async () => {
    const states = {
      A: pass({ Assign: { outer: 5 }, Next: "P" }),
      P: parallel([{ Type: "Wait", Seconds: 10, Output: "{% $outer %}", End: true }, invoke("echo")], {
        Arguments: { n: "{% $states.input.n %}" },
        Next: "Z",
      }),
      Z: pass(),
    };
    const arn = await sm.start(states, { n: 1 });
    await sm.reaches(arn, "TaskStateExited");
    await sm.rests();
    await sm.clock.advance(10);
    expect(await sm.outputOf(arn)).toEqual([5, { n: 1 }]);
    expect(await sm.types(arn)).toEqual(expect.arrayContaining(["ParallelStateStarted", "ParallelStateSucceeded"]));
  });

  it("fails with the first branch that does, and the others end", async () => {
    common.wrongs.push("Broken");
    const Catch = [{ ErrorEquals: ["Broken"], Next: "Z" }];
    const states = {
      P: parallel([{ Type: "Wait", Seconds: 10, End: true }, invoke("fail")], { Catch, End: true }),
      Z: pass(),
    };
    const arn = await sm.start(states);
    expect(await sm.outputOf(arn)).toMatchObject({ Error: "Broken" });
    expect((await sm.types(arn)).slice(-7, -2)).toEqual([
      "TaskFailed",
      "WaitStateAborted",
      "ParallelStateFailed",
      "ParallelStateExited",
      "PassStateEntered",
    ]);
  });

  it("is redriven only where a branch did not end", async () => {
    sm.lambda.functions.late = async () => {
      await waitFor(async () => expect(await sm.types(arn)).toContain("TaskStateExited"));
      throw new Wrong("Broken");
    };
    const arn: string = await sm.start({ P: parallel([invoke("echo"), invoke("late")]) }, { n: 1 });
    expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", error: "Broken" });
    sm.lambda.functions.late = () => ({ fine: true });
    await sm.redrive(arn);
    expect(await sm.outputOf(arn)).toEqual([{ n: 1 }, { fine: true }]);
    expect(sm.lambda.calls.filter(({ functionName }) => functionName.endsWith("echo"))).toHaveLength(1);
  });
});
