import { type JsonObject, objectsOf } from '@longhaul/contracts'

/** `input` as a list of items. */
export function itemsOf(input: unknown): JsonObject[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  return objectsOf(input)
}

/**
 * What an earlier response said, as input of the next. Ids are left out: the
 * next model may be another one, which would look for them in vain; for the
 * same reason only such reasoning is kept as carries its own content.
 */
export function saidBefore(output: unknown): JsonObject[] {
  return objectsOf(output)
    .filter(item => item.type !== 'reasoning' || typeof item.encrypted_content === 'string')
    .map(({ id: _, status: __, ...item }) =>
      item.type === 'message' ? { ...item, content: contentOf(item.content) } : item,
    )
}

/** Log-probabilities are told, not taken. */
function contentOf(content: unknown): unknown {
  return objectsOf(content).map(({ logprobs: _, ...part }) => part)
}

/** Items as `input_items` lists them: each with an id, messages in full. */
export function listedItems(input: unknown, uuid: string): JsonObject[] {
  return itemsOf(input).map((item, index) => {
    const id = `${prefixOf(item)}_${uuid}_${index}`
    if ((item.type ?? 'message') !== 'message') return { id, ...item }
    return { status: 'completed', ...item, id, type: 'message', content: listedContent(item) }
  })
}

function listedContent({ role, content }: JsonObject): unknown {
  if (typeof content !== 'string') return content
  const isOurs = role === 'assistant'
  return isOurs
    ? [{ type: 'output_text', text: content, annotations: [] }]
    : [{ type: 'input_text', text: content }]
}

const prefixes: Record<string, string> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
  reasoning: 'rs',
}

function prefixOf(item: JsonObject): string {
  return prefixes[String(item.type ?? 'message')] ?? 'item'
}
