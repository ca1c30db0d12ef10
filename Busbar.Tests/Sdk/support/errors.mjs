import assert from 'node:assert/strict';

/** The error that `work` ends with. */
export const failed = work => work.then(answer => assert.fail(`got an answer: ${JSON.stringify(answer)}`), error => error);

/** Whatever an SDK's error tells its user. */
export const describeError = error => `${error.constructor.name} ${error.name} ${error.status ?? error.statusCode ?? ''} ${error.message} ${JSON.stringify(error)}`;

/** Nothing of how the product works shows through. */
export function assertClean(error) {
  assert.doesNotMatch(describeError(error), /busbar|\bgateway\b|upstream|\blane\b|\bpool\b|breaker|virtual|allow.?list|provider-key|sk-bb/i);
}
