import * as z from "zod/mini";

export const properties = z.object({
  LoadBalancerArn: z.string(),
  /** The load balancer's other listener, which is not the subject here. */
  TestListenerArn: z.string(),
  /** Receives all traffic when the listener is created. Afterwards only deployments move traffic. */
  InitialTargetGroupArn: z.string(),
  /** With one, production is served over HTTPS, and HTTP redirects to it. */
  CertificateArn: z.optional(z.string()),
  SslPolicy: z.optional(z.string()),
});
