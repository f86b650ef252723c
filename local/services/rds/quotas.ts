/** An account's default quotas of a region: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html */
export const quotas = { instances: 40, manualSnapshots: 100 } as const;
