/**
 * Words that the pipeline appends to `<app>-<stage>`, followed by more: no name of an app or stage has one, so that the names of one
 * stage never start like those of another (`shop-prod-snapshot-…` is of stage `prod`, whatever other stages there are).
 */
export const reservedWords = ["before", "migrate", "placeholder", "restored", "snapshot"];

/**
 * Length of `<app>-<stage>`. The shortest limit of AWS is that of a target group, 32 with `-green`:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
 */
export const maxPrefix = 26;
