import type { Action, Listener as Described, Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { tagRecord } from "#local/cloud/index.ts";
import { freePort } from "#local/kernel/index.ts";
import { describeAction, readAction } from "../actions.ts";
import type { Deps } from "../deps.ts";
import { fault, invalid, unsupported } from "../faults.ts";
import type { Input, Operations } from "../reads.ts";
import type { Listener, LoadBalancer } from "../store.ts";
import { tlsOf } from "../tls.ts";
import { findListener, findLoadBalancer, required, requirePort } from "./find.ts";

const firstUnprivileged = 1024;
const unprivilegedOffset = 8000;
const bindAttempts = 5;

export function listenerOperations(deps: Deps) {
  const { store } = deps;
  const modify = async (listener: Listener, actions: Action[] | undefined) =>
    actions ? changeListener(deps, listener, { actions }) : listener;
  // Every listener has one rule, the default one, with the default action of the listener.
  const listenerOfRule = (arn: string): Listener =>
    required(
      store.listeners.find(({ ruleArn }) => ruleArn === arn),
      fault("RuleNotFoundException", `One or more rules not found: ${arn}`),
    );
  return {
    async createListener(input) {
      return { Listeners: [describe(await createListener(deps, input))] };
    },
    async deleteListener({ ListenerArn: arn }) {
      await deleteListener(deps, arn);
      return {};
    },
    async modifyListener({ ListenerArn: arn, DefaultActions: actions, Port: port, ...security }) {
      const listener = findListener(deps, arn);
      if (security.Protocol !== undefined && security.Protocol !== protocolOf(listener))
        throw unsupported("Another protocol for a listener");
      if (port !== undefined && port !== listener.port && port !== listener.boundPort)
        throw unsupported("Another port for a listener");
      const tls = await tlsOf(security, listener.tls);
      return { Listeners: [describe(await changeListener(deps, listener, { actions, tls }))] };
    },
    describeListeners({ LoadBalancerArn: loadBalancerArn, ListenerArns: arns }) {
      if ((loadBalancerArn === undefined) === (arns === undefined))
        throw invalid("Specify either a load balancer ARN or listener ARNs");
      const listeners = arns
        ? arns.map((arn) => findListener(deps, arn))
        : store.listenersOf(findLoadBalancer(deps, loadBalancerArn ?? "").arn);
      return { Listeners: listeners.map(describe) };
    },
    describeRules({ ListenerArn: listenerArn, RuleArns: arns }) {
      if ((listenerArn === undefined) === (arns === undefined))
        throw invalid("Specify either a listener ARN or rule ARNs");
      const listeners = arns ? arns.map(listenerOfRule) : [findListener(deps, listenerArn ?? "")];
      return { Rules: listeners.map(describeRule) };
    },
    async modifyRule({ RuleArn: arn, Actions: actions }) {
      return { Rules: [describeRule(await modify(listenerOfRule(arn), actions))] };
    },
  } satisfies Partial<Operations>;
}

export async function createListener(deps: Deps, input: Input<"createListener">): Promise<Listener> {
  const { store } = deps;
  const { LoadBalancerArn: loadBalancerArn, Port: port } = input;
  const loadBalancer = findLoadBalancer(deps, loadBalancerArn);
  requirePort(port);
  if (store.listenersOf(loadBalancerArn).some((each) => each.port === port)) {
    const message = `A listener already exists on port ${port} for this load balancer`;
    throw fault("DuplicateListenerException", message);
  }
  const action = readAction(store, loadBalancerArn, input.DefaultActions);
  const tls = await tlsOf(input);
  const listener = newListener(deps, loadBalancer, { port, action, tls, tags: tagRecord(input.Tags) });
  for (let attempt = 0; attempt < bindAttempts; attempt += 1) {
    const boundPort = await choosePort(deps, port, attempt);
    const problem = await bind(deps, { ...listener, boundPort });
    if (problem === undefined) return { ...listener, boundPort };
  }
  await deleteListener(deps, listener.arn);
  const message = `No free port on 127.0.0.1 for the listener on port ${port}`;
  throw fault("InvalidConfigurationRequestException", message);
}

function newListener(
  { cloud }: Deps,
  { arn, name, id }: LoadBalancer,
  settings: Pick<Listener, "port" | "action" | "tls" | "tags">,
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
  const isOurs = store.listeners.find(({ boundPort }) => boundPort === preferred) !== undefined;
  return freePort(attempt > 0 || isOurs ? 0 : preferred);
}

/** Stores the listener and binds its port; returns why the port could not be bound. */
async function bind(deps: Deps, listener: Listener): Promise<string | undefined> {
  put(deps, listener);
  const { listeners } = await deps.engine.apply(listener.loadBalancerArn);
  return listeners.find(({ arn }) => arn === listener.arn)?.problem;
}

export async function deleteListener(deps: Deps, arn: string): Promise<void> {
  const { loadBalancerArn } = findListener(deps, arn);
  deps.store.listeners.delete(arn);
  await deps.engine.apply(loadBalancerArn);
}

export async function changeListener(
  deps: Deps,
  listener: Listener,
  { actions, tls = listener.tls }: { actions: Action[] | undefined; tls?: Listener["tls"] },
): Promise<Listener> {
  const action = actions ? readAction(deps.store, listener.loadBalancerArn, actions) : listener.action;
  const changed = { ...listener, action, tls };
  put(deps, changed);
  await deps.engine.apply(listener.loadBalancerArn);
  return changed;
}

/** The load balancer serves the groups from now on, also after no listener forwards to them any more. */
function put({ store }: Deps, listener: Listener): void {
  const { action, loadBalancerArn: servedBy } = listener;
  const arns = action.type === "forward" ? action.groups.map(({ arn }) => arn) : [];
  store.transaction(() => {
    store.listeners.save(listener);
    for (const arn of arns) store.targetGroups.update(arn, (group) => ({ ...group, servedBy }));
  });
}

const protocolOf = ({ tls }: Listener) => (tls ? "HTTPS" : "HTTP");

function describe(listener: Listener): Described {
  const { arn, loadBalancerArn, boundPort, action, tls } = listener;
  return {
    ListenerArn: arn,
    LoadBalancerArn: loadBalancerArn,
    // differs from AWS: the port in use, not the requested one.
    Port: boundPort,
    Protocol: protocolOf(listener),
    ...(tls && { Certificates: [{ CertificateArn: tls.certificateArn }], SslPolicy: tls.policy }),
    DefaultActions: [describeAction(action)],
  };
}

const describeRule = ({ ruleArn, action }: Listener): Rule => ({
  RuleArn: ruleArn,
  Priority: "default",
  Conditions: [],
  Actions: [describeAction(action)],
  IsDefault: true,
});
