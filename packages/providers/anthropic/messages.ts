import { isObject, type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { textOf } from '../json-value.ts'
import { translatePart } from './content-parts.ts'
import { UntranslatableError } from './untranslatable.ts'

export interface Conversation {
  system: JsonObject[]
  messages: Turn[]
}

interface Turn {
  role: 'user' | 'assistant'
  content: JsonObject[]
}

/** What stands in for JSON mode, which Messages have with a schema only. */
const JSON_OBJECT_INSTRUCTION: JsonObject = {
  type: 'text',
  text: 'Answer with a single JSON object and nothing else: no prose, no code fence.',
}

/**
 * A chat's messages as Messages: system and developer texts come first, tool
 * results are the user's, neighbours of one role become one turn (all results
 * of parallel calls must be in one).
 */
export function translateMessages(messages: unknown, wantsJsonObject: boolean): Conversation {
  const system: JsonObject[] = []
  const turns: Turn[] = []
  for (const [index, message] of objectsOf(messages).entries()) {
    const at = `messages[${index}]`
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(...contentBlocks(message.content, at))
        break
      case 'assistant':
        append(turns, 'assistant', assistantBlocks(message, at))
        break
      case 'tool':
        append(turns, 'user', [toolResult(message, at)])
        break
      case 'function':
        throw new UntranslatableError(`${at}.role \`function\` is deprecated: use \`tool\``)
      default:
        append(turns, 'user', contentBlocks(message.content, at))
    }
  }
  if (wantsJsonObject) system.push(JSON_OBJECT_INSTRUCTION)
  // Instructions alone: there must be a turn to answer.
  if (turns.length === 0) return { system: [], messages: [{ role: 'user', content: system }] }
  return { system, messages: turns }
}

function append(turns: Turn[], role: Turn['role'], content: JsonObject[]): void {
  if (content.length === 0) return
  const last = turns.at(-1)
  if (last?.role === role) last.content.push(...content)
  else turns.push({ role, content })
}

/** Empty texts are left out: Messages refuse them. */
function contentBlocks(content: unknown, at: string): JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return objectsOf(content)
    .map((part, index) => translatePart(part, `${at}.content[${index}]`))
    .filter(block => block.type !== 'text' || block.text !== '')
}

function assistantBlocks(message: JsonObject, at: string): JsonObject[] {
  const blocks = contentBlocks(message.content, at)
  const refusal = textOf(message.refusal)
  if (refusal) blocks.push({ type: 'text', text: refusal })
  for (const [index, call] of objectsOf(message.tool_calls).entries()) {
    blocks.push(toolUse(call, `${at}.tool_calls[${index}]`))
  }
  return blocks
}

function toolUse(call: JsonObject, at: string): JsonObject {
  const { name, arguments: text } = objectOf(call.function)
  if (typeof name !== 'string') {
    throw new UntranslatableError(`${at}: only calls of functions have a counterpart`)
  }
  return { type: 'tool_use', id: call.id, name, input: parseArguments(text, `${at}.function`) }
}

function parseArguments(text: unknown, at: string): JsonObject {
  if (text === undefined || text === '') return {}
  try {
    const input: unknown = JSON.parse(String(text))
    if (isObject(input)) return input
  } catch {
    // Told below, together with JSON that is no object.
  }
  throw new UntranslatableError(`${at}.arguments must be a JSON object: Messages take no other`)
}

function toolResult(message: JsonObject, at: string): JsonObject {
  const { tool_call_id, content } = message
  return {
    type: 'tool_result',
    tool_use_id: tool_call_id,
    content: typeof content === 'string' ? content : contentBlocks(content, at),
  }
}
