import { isDeepStrictEqual } from "node:util";
import { AwsError, type OperationSchema, type ValidationErrors } from "#local/wire/index.ts";
import type { Clients, OperationInput, OperationName, ServiceName } from "./clients.ts";

type Member<S extends ServiceName, N extends string> = keyof OperationInput<Clients[S], N> & string;

/** The members of its input that each operation of a service reads. Its keys are the operations that are implemented. */
export type Reads<S extends ServiceName> = {
  readonly [N in OperationName<Clients[S]>]?: readonly Member<S, N>[];
};

/** Members that are accepted although they change nothing on one machine: by name with any value, or with the values listed. */
export type Inert<S extends ServiceName> = {
  readonly [N in OperationName<Clients[S]>]?: readonly (
    | Member<S, N>
    | { readonly [M in Member<S, N>]?: readonly OperationInput<Clients[S], N>[M][] }
  )[];
};

/** The input of an operation as its handler gets it: the members that it reads. */
export type DeclaredInput<
  S extends ServiceName,
  R extends Reads<S>,
  N extends keyof R & OperationName<Clients[S]>,
> = Pick<OperationInput<Clients[S], N>, NonNullable<R[N]>[number]>;

type ValuesByMember = Readonly<Record<string, readonly unknown[] | undefined>>;

/** What dispatch knows about the inputs of a service. */
export interface InputRules {
  /** Undefined for a service that does not declare its inputs: its handlers get them whole. */
  reads: Readonly<Record<string, readonly string[] | undefined>> | undefined;
  inert: Readonly<Record<string, readonly (string | ValuesByMember)[] | undefined>> | undefined;
  validation: ValidationErrors;
  /** Whether dispatch pages the outputs of the service. */
  isPaged: boolean;
}

/** The members that the operation reads. Throws on a member that is neither read nor inert: ignoring it would promise what is not done. */
export function declaredInput(rules: InputRules, operation: OperationSchema, input: object): object {
  if (!rules.reads) return input;
  const reads = rules.reads[operation.key] ?? [];
  const { token, size } = (rules.isPaged && operation.paging) || {};
  const entries = membersOf(operation)
    .map((member): [string, unknown] => [member, Reflect.get(input, member)])
    .filter(([, value]) => value !== undefined && value !== null);
  for (const [member, value] of entries) {
    if (reads.includes(member) || member === token || member === size) continue;
    const inert = rules.inert?.[operation.key] ?? [];
    if (inert.includes(member)) continue;
    const values = inert.flatMap((each) => (typeof each === "string" ? [] : (each[member] ?? [])));
    if (!values.some((each) => isDeepStrictEqual(each, value)))
      throw new AwsError(rules.validation.invalid, refusalOf(member, operation.name, values));
  }
  return Object.fromEntries(entries.filter(([member]) => reads.includes(member)));
}

const membersOf = ({ input }: OperationSchema): string[] =>
  input.isUnitSchema() ? [] : [...input.structIterator()].map(([member]) => member);

function refusalOf(member: string, operation: string, accepted: readonly unknown[]): string {
  const what = `${member} of ${operation} is not supported by the local cloud`;
  if (accepted.length === 0) return `${what}. Fix: leave it out.`;
  const values = accepted.map((value) => JSON.stringify(value)).join(" or ");
  return `${what} with this value. Fix: leave it out or use ${values}.`;
}

/** Whether the operation reads the token of a page itself; then dispatch leaves its output as it is. */
export const pagesItself = ({ reads }: InputRules, { key, paging }: OperationSchema) =>
  paging !== undefined && (reads?.[key]?.includes(paging.token) ?? false);
