import { type Endpoint, isObject, objectOf, objectsOf } from '@longhaul/contracts'

/**
 * What of a request Anthropic's Messages have no word for, and their provider
 * refuses or leaves out: models that speak only them cannot take it.
 * @param answers how many are asked for
 */
export function beyondMessages(
  endpoint: Endpoint,
  body: Record<string, unknown>,
  answers: number,
): string | undefined {
  if (endpoint === '/v1/responses') {
    // The rest is refused, or not, where they are put into the words of chat completions.
    const calls = objectsOf(body.input).filter(({ type }) => type === 'function_call')
    return calls.every(isOfFunction) ? undefined : BROKEN_CALL
  }
  if (endpoint !== '/v1/chat/completions') return undefined
  if (answers > 1) return '`n` above 1'
  if (body.logprobs === true) return '`logprobs`'
  if (body.functions != null || body.function_call != null) return '`functions`'
  if (objectsOf(body.tools).some(isCustom)) return 'custom tools'
  if (objectOf(body.tool_choice).type === 'allowed_tools') return '`allowed_tools`'
  return ofConversation(objectsOf(body.messages))
}

const BROKEN_CALL = 'calls of tools with other arguments than a JSON object'

function ofConversation(messages: ReadonlyArray<Record<string, unknown>>): string | undefined {
  for (const { content, tool_calls: calls } of messages) {
    if (Array.isArray(content) && objectsOf(content).some(isFileById)) return 'ids of files'
    if (calls == null) continue
    if (!objectsOf(calls).every(call => isOfFunction(objectOf(call.function)))) return BROKEN_CALL
  }
  return undefined
}

function isCustom({ function: described, custom }: Record<string, unknown>): boolean {
  return !isObject(described) && isObject(custom)
}

function isFileById({ type, file }: Record<string, unknown>): boolean {
  return type === 'file' && typeof objectOf(file).file_data !== 'string'
}

function isOfFunction({ name, arguments: text }: Record<string, unknown>): boolean {
  if (typeof name !== 'string') return false
  if (text === undefined || text === '') return true
  try {
    return isObject(JSON.parse(String(text)))
  } catch {
    return false
  }
}
