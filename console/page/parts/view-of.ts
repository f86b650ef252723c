/** Opening a step of a deployment is no other view. */
export const viewOf = (path: string) => path.replace(/^(\/[^/]+\/deployments\/[^/]+)\/.*$/, "$1");
