import { createHash } from "node:crypto";
import type { FaultInjection } from "./store.ts";

/** Delays in seconds of the copies of a delivery: one copy without delay, unless faults are injected. */
export function createCopyPlan(read: () => FaultInjection | undefined): () => number[] {
  let count = 0;
  return () => {
    const faults = read();
    if (!faults) return [0];
    count += 1;
    const { seed, dropShare = 0, doubleShare = 0, delayShare = 0, maxDelaySeconds = 1 } = faults;
    const draw = (what: string) => {
      const hash = createHash("sha256").update(`${seed} ${count} ${what}`).digest("hex");
      return Number.parseInt(hash.slice(0, 12), 16) / 2 ** 48;
    };
    if (draw("drop") < dropShare) return [];
    const copies = draw("double") < doubleShare ? ["first", "second"] : ["first"];
    return copies.map((copy) => (draw(`${copy} late`) < delayShare ? draw(`${copy} delay`) * maxDelaySeconds : 0));
  };
}
