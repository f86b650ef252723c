import type { Clock, Ids, Store } from "#local/kernel/index.ts";
import type { CloudEvent } from "./service.ts";

export interface Bus {
  emit(event: CloudEvent): void;
  onEvent(listener: (event: CloudEvent) => void): void;
}

/** Carries events to EventBridge. Events emitted before it listens wait in the store. */
export function createBus({ store, ids, clock }: { store: Store; ids: Ids; clock: Clock }): Bus {
  const waiting = store.collection<CloudEvent>("cloud.events");
  const listeners: ((event: CloudEvent) => void)[] = [];
  let sequence = 0;
  return {
    emit(event) {
      if (listeners.length > 0) listeners.forEach((listener) => listener(event));
      else waiting.put(`${clock.now()}-${String(sequence++).padStart(6, "0")}-${ids.hex(8)}`, event);
    },
    onEvent(listener) {
      listeners.push(listener);
      for (const key of waiting.keys()) {
        const event = waiting.get(key);
        // Deleted after the listener has stored it: an event may arrive twice, but is never lost.
        if (event) listener(event);
        waiting.delete(key);
      }
    },
  };
}
