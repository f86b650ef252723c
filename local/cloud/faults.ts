import { AwsError } from "#local/wire/index.ts";
import type { Clients, ServiceName } from "./clients.ts";

/** Names of the exceptions that a service's client exports. */
type FaultName<C> = {
  [K in keyof C]: C[K] extends abstract new (...args: never[]) => { readonly $fault: string } ? K : never;
}[keyof C] &
  string;

/** AWS's errors of one service by name; code, status and members are those of the service's own shape. */
export const faultsOf =
  <S extends ServiceName>(_service: S) =>
  (name: FaultName<Clients[S]>, message: string, members: object = {}): Error =>
    Object.assign(new AwsError(name, message), members);
