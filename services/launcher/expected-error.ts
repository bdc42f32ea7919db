/** A fault of the surroundings that the message explains in full; a stack would only hide it. */
export class StartError extends Error {
  readonly code = 'start_error'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
  }
}

const expected = new Set([
  'start_error',
  'data_folder_in_use',
  'store_unavailable',
  'listen_address',
  'EADDRINUSE',
  'EACCES',
])

export function isExpected(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && expected.has(String(error.code))
}
