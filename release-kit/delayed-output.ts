import type { Writable } from "node:stream";

/** Output of a program beside another one whose output comes first. */
export interface DelayedOutput {
  readonly write: (text: Uint8Array | string) => void;
  /** Writes what came so far; what follows is written as it comes. */
  readonly show: () => void;
}

export function delayedOutput(to: Pick<Writable, "write">): DelayedOutput {
  let held: (Uint8Array | string)[] | undefined = [];
  return {
    write(text) {
      if (held) held.push(text);
      else to.write(text);
    },
    show() {
      for (const text of held ?? []) to.write(text);
      held = undefined;
    },
  };
}
