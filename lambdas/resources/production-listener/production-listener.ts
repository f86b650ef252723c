import {
  type Action,
  CreateListenerCommand,
  DeleteListenerCommand,
  DescribeListenersCommand,
  type ElasticLoadBalancingV2Client,
  type Listener,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type * as z from "zod/mini";
import { listenerPorts } from "../../core/contract.ts";
import { hasName } from "../../core/errors.ts";
import type { Created, CustomResource } from "../custom-resource.ts";
import type { properties } from "./contract.ts";

type Properties = z.infer<typeof properties>;

interface ListenerDeps {
  readonly loadBalancing: ElasticLoadBalancingV2Client;
}

const redirect: Action = {
  Type: "redirect",
  RedirectConfig: { Protocol: "HTTPS", Port: String(listenerPorts.https), StatusCode: "HTTP_301" },
};

/**
 * The listener that users reach. CloudFormation's own resource sets the traffic back to what its template says at every change
 * (https://github.com/aws/aws-cdk/issues/36649); this one leaves it to deployments. Between HTTP and HTTPS it changes to another listener
 * with the same traffic, which is open before the former redirects or closes.
 */
export function productionListener(deps: ListenerDeps): CustomResource<Properties> {
  return {
    create: (settings) => open(deps, settings, [{ Type: "forward", TargetGroupArn: settings.InitialTargetGroupArn }]),
    async update(arn, settings) {
      const current = await find(deps, arn);
      if (!current) throw new Error(`Listener ${arn} does not exist: it was deleted outside the stack`);
      if (current.Protocol !== protocolOf(settings).Protocol) return open(deps, settings, settledTraffic(current));
      await deps.loadBalancing.send(new ModifyListenerCommand({ ListenerArn: arn, ...protocolOf(settings) }));
      return { physicalId: arn };
    },
    async delete(arn) {
      const current = await find(deps, arn);
      // A listener that redirects was replaced by the one that it redirects to.
      if (current?.DefaultActions?.[0]?.Type === "redirect") return;
      if (current) await deps.loadBalancing.send(new DeleteListenerCommand({ ListenerArn: arn }));
    },
  };
}

async function open(deps: ListenerDeps, settings: Properties, DefaultActions: Action[]): Promise<Created> {
  const physicalId = await put(deps, settings, { Port: portOf(settings), ...protocolOf(settings), DefaultActions });
  if (settings.CertificateArn !== undefined)
    await put(deps, settings, { Port: listenerPorts.http, Protocol: "HTTP", DefaultActions: [redirect] });
  return { physicalId };
}

type Settings = Pick<Listener, "Port" | "Protocol" | "DefaultActions" | "Certificates" | "SslPolicy">;

/** Creates the listener of a protocol, or changes the one that is there. */
async function put(
  { loadBalancing }: ListenerDeps,
  { LoadBalancerArn, TestListenerArn }: Properties,
  settings: Settings,
): Promise<string> {
  const { Listeners = [] } = await loadBalancing.send(new DescribeListenersCommand({ LoadBalancerArn }));
  const { ListenerArn } =
    Listeners.find((each) => each.Protocol === settings.Protocol && each.ListenerArn !== TestListenerArn) ?? {};
  const { DefaultActions = [], ...rest } = settings;
  const answer = ListenerArn
    ? await loadBalancing.send(new ModifyListenerCommand({ ListenerArn, DefaultActions, ...rest }))
    : await loadBalancing.send(new CreateListenerCommand({ LoadBalancerArn, DefaultActions, ...rest }));
  const arn = answer.Listeners?.[0]?.ListenerArn;
  if (arn === undefined) throw new Error(`Elastic Load Balancing returned no listener for port ${settings.Port}`);
  return arn;
}

async function find({ loadBalancing }: ListenerDeps, arn: string): Promise<Listener | undefined> {
  try {
    const { Listeners = [] } = await loadBalancing.send(new DescribeListenersCommand({ ListenerArns: [arn] }));
    return Listeners[0];
  } catch (error) {
    if (hasName(error, "ListenerNotFoundException")) return undefined;
    throw error;
  }
}

/** While traffic shifts, a copy of its weights would be out of date at once. */
function settledTraffic({ DefaultActions = [] }: Listener): Action[] {
  const groups = DefaultActions.flatMap(({ ForwardConfig }) => ForwardConfig?.TargetGroups ?? []);
  if (groups.filter(({ Weight = 1 }) => Weight > 0).length > 1)
    throw new Error("A deployment is shifting traffic. Fix: wait until it ends, then deploy the stack again");
  return DefaultActions;
}

const portOf = ({ CertificateArn }: Properties) =>
  CertificateArn === undefined ? listenerPorts.http : listenerPorts.https;

function protocolOf({
  CertificateArn,
  SslPolicy,
}: Properties): Pick<Settings, "Protocol" | "Certificates" | "SslPolicy"> {
  if (CertificateArn === undefined) return { Protocol: "HTTP" };
  return { Protocol: "HTTPS", Certificates: [{ CertificateArn }], ...(SslPolicy !== undefined && { SslPolicy }) };
}
