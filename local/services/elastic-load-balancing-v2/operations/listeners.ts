import type { Action, Listener as Described, Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { freePort } from "#local/kernel/index.ts";
import { describeAction, readAction } from "../actions.ts";
import {
  duplicateListener,
  invalid,
  invalidConfiguration,
  listenerNotFound,
  loadBalancerNotFound,
  ruleNotFound,
  unsupported,
} from "../errors.ts";
import type { ActionConfig } from "../proxy/config.ts";
import type { Listener, LoadBalancer } from "../store.ts";
import { page, refuse, tagRecord, type Context } from "./context.ts";

type Client = Clients["elastic-load-balancing-v2"];

const firstUnprivileged = 1024;
const unprivilegedOffset = 8000;
const bindAttempts = 5;

export const listenerOperations = (context: Context) => ({
  ...listenersThemselves(context),
  ...defaultRules(context),
});

function listenersThemselves(context: Context) {
  return {
    async createListener(input) {
      refuse(input, ["SslPolicy", "Certificates", "AlpnPolicy", "MutualAuthentication"]);
      return { Listeners: [describe(await createListener(context, input))] };
    },
    async deleteListener({ ListenerArn: arn }) {
      await deleteListener(context, arn);
      return {};
    },
    async modifyListener({ ListenerArn: arn, DefaultActions: actions, Port: port, Protocol: protocol, ...input }) {
      refuse(input, ["SslPolicy", "Certificates", "AlpnPolicy", "MutualAuthentication"]);
      requireHttp(protocol);
      const listener = find(context, arn);
      if (port !== undefined && port !== listener.port && port !== listener.boundPort)
        throw unsupported("Another port for a listener");
      return { Listeners: [describe(actions ? await changeAction(context, listener, actions) : listener)] };
    },
    describeListeners({ LoadBalancerArn: loadBalancerArn, ListenerArns: arns, ...input }) {
      if ((loadBalancerArn === undefined) === (arns === undefined))
        throw invalid("Either a load balancer ARN or listener ARNs must be given");
      const { items, next } = page(input, select(context, loadBalancerArn, arns));
      return { Listeners: items.map(describe), ...next };
    },
  } satisfies Operations<Client>;
}

/** Every listener has one rule, the default one, which is its default action by another name. */
function defaultRules(context: Context) {
  const { store } = context;
  const byRule = (arn: string): Listener => {
    const found = store.listeners.list().find(({ ruleArn }) => ruleArn === arn);
    if (!found) throw ruleNotFound(arn);
    return found;
  };
  return {
    describeRules({ ListenerArn: listenerArn, RuleArns: arns, ...input }) {
      if ((listenerArn === undefined) === (arns === undefined))
        throw invalid("Either a listener ARN or rule ARNs must be given");
      const listeners = arns ? arns.map(byRule) : [find(context, listenerArn ?? "")];
      const { items, next } = page(input, listeners);
      return { Rules: items.map(describeRule), ...next };
    },
    async modifyRule({ RuleArn: arn, Actions: actions, Conditions: conditions }) {
      if (conditions?.length) throw unsupported("A condition of a rule");
      const listener = byRule(arn);
      return { Rules: [describeRule(actions ? await changeAction(context, listener, actions) : listener)] };
    },
  } satisfies Operations<Client>;
}

interface ListenerInput {
  LoadBalancerArn: string;
  Port?: number | undefined;
  Protocol?: string | undefined;
  DefaultActions: Action[];
  Tags?: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined;
}

export async function createListener(context: Context, input: ListenerInput): Promise<Listener> {
  const { store } = context;
  const { LoadBalancerArn: loadBalancerArn, Port: port } = input;
  const loadBalancer = store.loadBalancers.get(loadBalancerArn);
  if (!loadBalancer) throw loadBalancerNotFound(loadBalancerArn);
  requireHttp(input.Protocol);
  if (port === undefined || port < 1 || port > 65_535) throw invalid(`Port must be between 1 and 65535, not ${port}`);
  if (store.listenersOf(loadBalancerArn).some((each) => each.port === port)) throw duplicateListener(port);
  const action = readAction(store, loadBalancerArn, input.DefaultActions);
  const made = newListener(context, loadBalancer, { port, action, tags: tagRecord(input.Tags) });
  for (let attempt = 0; attempt < bindAttempts; attempt += 1) {
    const boundPort = await choosePort(context, port, attempt);
    const problem = await take(context, { ...made, boundPort });
    if (problem === undefined) return { ...made, boundPort };
  }
  await deleteListener(context, made.arn);
  throw invalidConfiguration(`No port of 127.0.0.1 could be had for the listener on port ${port}`);
}

function newListener(
  { cloud }: Context,
  { arn, name, id }: LoadBalancer,
  settings: Pick<Listener, "port" | "action" | "tags">,
): Omit<Listener, "boundPort"> {
  const path = `app/${name}/${id}/${cloud.ids.hex(16)}`;
  return {
    arn: cloud.arn("elasticloadbalancing", `listener/${path}`),
    ruleArn: cloud.arn("elasticloadbalancing", `listener-rule/${path}/${cloud.ids.hex(16)}`),
    loadBalancerArn: arn,
    ...settings,
  };
}

/** differs from AWS: ports below 1024 are not for ordinary users, so 80 becomes 8080; a port that is taken becomes a free one. */
async function choosePort({ store }: Context, asked: number, attempt: number): Promise<number> {
  const preferred = asked < firstUnprivileged ? unprivilegedOffset + asked : asked;
  const isOurs = store.listeners.list().some(({ boundPort }) => boundPort === preferred);
  return freePort(attempt > 0 || isOurs ? 0 : preferred);
}

/** Puts the listener in its place; returns why its port could not be had. */
async function take(context: Context, listener: Listener): Promise<string | undefined> {
  put(context, listener);
  const { listeners } = await context.engine.apply(listener.loadBalancerArn);
  return listeners.find(({ arn }) => arn === listener.arn)?.problem;
}

export async function deleteListener({ store, engine }: Context, arn: string): Promise<void> {
  const found = store.listeners.get(arn);
  if (!found) throw listenerNotFound(arn);
  store.listeners.delete(arn);
  await engine.apply(found.loadBalancerArn);
}

export async function changeAction(context: Context, listener: Listener, actions: Action[]): Promise<Listener> {
  const action = readAction(context.store, listener.loadBalancerArn, actions);
  const changed = { ...listener, action };
  put(context, changed);
  await context.engine.apply(listener.loadBalancerArn);
  return changed;
}

/** The groups it forwards to are in the load balancer's hands from now on, also when no listener forwards to them any more. */
function put({ store }: Context, listener: Listener): void {
  const { action, loadBalancerArn: servedBy } = listener;
  const arns = action.type === "forward" ? action.groups.map(({ arn }) => arn) : [];
  store.transaction(() => {
    store.listeners.put(listener.arn, listener);
    for (const arn of arns) {
      const group = store.targetGroups.get(arn);
      if (group) store.targetGroups.put(arn, { ...group, servedBy });
    }
  });
}

function requireHttp(protocol: string | undefined): void {
  if (protocol !== undefined && protocol !== "HTTP") throw unsupported(`The protocol '${protocol}'`);
}

function find({ store }: Context, arn: string): Listener {
  const found = store.listeners.get(arn);
  if (!found) throw listenerNotFound(arn);
  return found;
}

function select(context: Context, loadBalancerArn: string | undefined, arns: string[] = []): Listener[] {
  if (loadBalancerArn === undefined) return arns.map((arn) => find(context, arn));
  if (!context.store.loadBalancers.get(loadBalancerArn)) throw loadBalancerNotFound(loadBalancerArn);
  return context.store.listenersOf(loadBalancerArn);
}

function describe({ arn, loadBalancerArn, boundPort, action }: Listener): Described {
  return {
    ListenerArn: arn,
    LoadBalancerArn: loadBalancerArn,
    // differs from AWS: the port where it can be reached, not the one that was asked for.
    Port: boundPort,
    Protocol: "HTTP",
    DefaultActions: [describeAction(action)],
  };
}

const describeRule = ({ ruleArn, action }: { ruleArn: string; action: ActionConfig }): Rule => ({
  RuleArn: ruleArn,
  Priority: "default",
  Conditions: [],
  Actions: [describeAction(action)],
  IsDefault: true,
});
