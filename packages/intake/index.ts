export { asSent } from './extensions.ts'
export { legible, MAX_DEPTH, parseJson, refuseBadText } from './json.ts'
export { routingRequestOf } from './routing-request.ts'
export {
  MAX_DAYS_AHEAD,
  type ReaderDependencies,
  receiverUrl,
  type Submission,
  SubmissionReader,
} from './submission.ts'
export {
  check,
  describeValue,
  join,
  type Place,
  REQUEST_BODY,
  refuseProtoKey,
} from './validation.ts'
