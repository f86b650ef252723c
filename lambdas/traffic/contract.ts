/**
 * Responses with a 5xx status that end a probe. In a period the alarms tolerate this number, so that no probe triggers a rollback by
 * itself: a release fails by the error of its probe.
 */
export const toleratedServerErrors = 2;
