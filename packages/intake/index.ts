export { asSent } from './extensions.ts'
export {
  assertSound,
  MAX_DEPTH,
  parseJson,
  type ReadJson,
  readJson,
  refuseUnsound,
} from './json.ts'
export { join, legible, type Place, REQUEST_BODY } from './place.ts'
export { routingRequestOf } from './routing-request.ts'
export {
  MAX_DAYS_AHEAD,
  type ReaderDependencies,
  receiverUrl,
  type Submission,
  SubmissionReader,
} from './submission.ts'
export { check, describeValue, refuseProtoKey } from './validation.ts'
