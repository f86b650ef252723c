import { type Clients, createClients } from "./clients.ts";
import type { Stage } from "./stage.ts";
import { loadStage } from "./running-stage.ts";

/** The stage that a command is about, and clients of where it lives. */
export async function openStage(name: string | undefined): Promise<{ clients: Clients; stage: Stage }> {
  const clients = createClients();
  const stage = await loadStage(name);
  const { region } = stage.config;
  return { stage, clients: clients.local || region === undefined ? clients : createClients(region) };
}
