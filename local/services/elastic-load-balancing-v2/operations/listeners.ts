import type { Action, Listener as Described, Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Operations } from "#local/cloud/index.ts";
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
import type { Deps } from "../deps.ts";
import { page, refuse, tagRecord } from "./input.ts";

const firstUnprivileged = 1024;
const unprivilegedOffset = 8000;
const bindAttempts = 5;

export const listenerOperations = (deps: Deps) => ({
  ...ofListeners(deps),
  ...ofRules(deps),
});

function ofListeners(deps: Deps) {
  return {
    async createListener(input) {
      refuse(input, ["SslPolicy", "Certificates", "AlpnPolicy", "MutualAuthentication"]);
      return { Listeners: [describe(await createListener(deps, input))] };
    },
    async deleteListener({ ListenerArn: arn }) {
      await deleteListener(deps, arn);
      return {};
    },
    async modifyListener({ ListenerArn: arn, DefaultActions: actions, Port: port, Protocol: protocol, ...input }) {
      refuse(input, ["SslPolicy", "Certificates", "AlpnPolicy", "MutualAuthentication"]);
      requireHttp(protocol);
      const listener = find(deps, arn);
      if (port !== undefined && port !== listener.port && port !== listener.boundPort)
        throw unsupported("Another port for a listener");
      return { Listeners: [describe(actions ? await changeAction(deps, listener, actions) : listener)] };
    },
    describeListeners({ LoadBalancerArn: loadBalancerArn, ListenerArns: arns, ...input }) {
      if ((loadBalancerArn === undefined) === (arns === undefined))
        throw invalid("Specify either a load balancer ARN or listener ARNs");
      const { items, next } = page(input, select(deps, loadBalancerArn, arns));
      return { Listeners: items.map(describe), ...next };
    },
  } satisfies Operations<"elastic-load-balancing-v2">;
}

/** Every listener has one rule, the default one, with the default action of the listener. */
function ofRules(deps: Deps) {
  const { store } = deps;
  const byRule = (arn: string): Listener => {
    const listener = store.listeners.list().find(({ ruleArn }) => ruleArn === arn);
    if (!listener) throw ruleNotFound(arn);
    return listener;
  };
  return {
    describeRules({ ListenerArn: listenerArn, RuleArns: arns, ...input }) {
      if ((listenerArn === undefined) === (arns === undefined))
        throw invalid("Specify either a listener ARN or rule ARNs");
      const listeners = arns ? arns.map(byRule) : [find(deps, listenerArn ?? "")];
      const { items, next } = page(input, listeners);
      return { Rules: items.map(describeRule), ...next };
    },
    async modifyRule({ RuleArn: arn, Actions: actions, Conditions: conditions }) {
      if (conditions?.length) throw unsupported("A condition of a rule");
      const listener = byRule(arn);
      return { Rules: [describeRule(actions ? await changeAction(deps, listener, actions) : listener)] };
    },
  } satisfies Operations<"elastic-load-balancing-v2">;
}

interface ListenerInput {
  LoadBalancerArn: string;
  Port?: number | undefined;
  Protocol?: string | undefined;
  DefaultActions: Action[];
  Tags?: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined;
}

export async function createListener(deps: Deps, input: ListenerInput): Promise<Listener> {
  const { store } = deps;
  const { LoadBalancerArn: loadBalancerArn, Port: port } = input;
  const loadBalancer = store.loadBalancers.get(loadBalancerArn);
  if (!loadBalancer) throw loadBalancerNotFound(loadBalancerArn);
  requireHttp(input.Protocol);
  if (port === undefined || port < 1 || port > 65_535) throw invalid(`Port must be between 1 and 65535, not ${port}`);
  if (store.listenersOf(loadBalancerArn).some((each) => each.port === port)) throw duplicateListener(port);
  const action = readAction(store, loadBalancerArn, input.DefaultActions);
  const listener = newListener(deps, loadBalancer, { port, action, tags: tagRecord(input.Tags) });
  for (let attempt = 0; attempt < bindAttempts; attempt += 1) {
    const boundPort = await choosePort(deps, port, attempt);
    const problem = await bind(deps, { ...listener, boundPort });
    if (problem === undefined) return { ...listener, boundPort };
  }
  await deleteListener(deps, listener.arn);
  throw invalidConfiguration(`No free port on 127.0.0.1 for the listener on port ${port}`);
}

function newListener(
  { cloud }: Deps,
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

/** differs from AWS: ports below 1024 need privileges, so 80 becomes 8080; an occupied port is replaced by a free one. */
async function choosePort({ store }: Deps, port: number, attempt: number): Promise<number> {
  const preferred = port < firstUnprivileged ? unprivilegedOffset + port : port;
  const isOurs = store.listeners.list().some(({ boundPort }) => boundPort === preferred);
  return freePort(attempt > 0 || isOurs ? 0 : preferred);
}

/** Stores the listener and binds its port; returns why the port could not be bound. */
async function bind(deps: Deps, listener: Listener): Promise<string | undefined> {
  put(deps, listener);
  const { listeners } = await deps.engine.apply(listener.loadBalancerArn);
  return listeners.find(({ arn }) => arn === listener.arn)?.problem;
}

export async function deleteListener({ store, engine }: Deps, arn: string): Promise<void> {
  const listener = store.listeners.get(arn);
  if (!listener) throw listenerNotFound(arn);
  store.listeners.delete(arn);
  await engine.apply(listener.loadBalancerArn);
}

export async function changeAction(deps: Deps, listener: Listener, actions: Action[]): Promise<Listener> {
  const action = readAction(deps.store, listener.loadBalancerArn, actions);
  const changed = { ...listener, action };
  put(deps, changed);
  await deps.engine.apply(listener.loadBalancerArn);
  return changed;
}

/** The load balancer serves the groups from now on, also after no listener forwards to them any more. */
function put({ store }: Deps, listener: Listener): void {
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

function find({ store }: Deps, arn: string): Listener {
  const listener = store.listeners.get(arn);
  if (!listener) throw listenerNotFound(arn);
  return listener;
}

function select(deps: Deps, loadBalancerArn: string | undefined, arns: string[] = []): Listener[] {
  if (loadBalancerArn === undefined) return arns.map((arn) => find(deps, arn));
  if (!deps.store.loadBalancers.get(loadBalancerArn)) throw loadBalancerNotFound(loadBalancerArn);
  return deps.store.listenersOf(loadBalancerArn);
}

function describe({ arn, loadBalancerArn, boundPort, action }: Listener): Described {
  return {
    ListenerArn: arn,
    LoadBalancerArn: loadBalancerArn,
    // differs from AWS: the port in use, not the requested one.
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
