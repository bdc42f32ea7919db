export {
  BatchEstimate,
  type EstimateOptions,
  type LineEstimate,
  type ModelEstimate,
  SampledCost,
} from './estimate.ts'
export { InputTokens } from './input-tokens.ts'
export type { BatchLine } from './line-reader.ts'
export { outputLine, requestLine } from './output-line.ts'
export { type Validated, validateBatch } from './validate.ts'
export {
  discardFile,
  type FileWriterDependencies,
  type WrittenFile,
  writeFile,
} from './write-file.ts'
