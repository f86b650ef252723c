/** Ports of the load balancer. Production is served on `https` if the stage has a certificate, otherwise on `http`. */
export const listenerPorts = { http: 80, https: 443, test: 9000 } as const;
