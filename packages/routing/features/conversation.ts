import type { Endpoint } from '@longhaul/contracts'

/** The shape of a request: what is asked now, and what came before. */
export interface Conversation {
  /** What to judge the request by: instructions, and the last turn of the user. */
  focus: string
  /** The last turn of the user by itself, or with the one before it where it is short. */
  asked: string
  /** Turns of the user. */
  turns: number
  /** Results of tools that came back since the user's last turn. */
  toolResults: number
}

type Fields = Record<string, unknown>

const INSTRUCTIONS_CHARACTERS = 1_500
/** A turn shorter than this (`and in French?`) is read with the one before it. */
const SHORT_TURN = 60

/** Never throws, whatever the body holds. */
export function conversationOf(endpoint: Endpoint, body: Fields): Conversation {
  if (endpoint === '/v1/embeddings') return { focus: '', asked: '', turns: 0, toolResults: 0 }
  if (endpoint === '/v1/completions')
    return conversationIn([{ role: 'user', content: promptOf(body) }], '')
  const responses = endpoint === '/v1/responses'
  const messages = responses ? body.input : body.messages
  const instructions = responses ? textOf(body.instructions) : ''
  if (!Array.isArray(messages)) {
    const asked = textOf(messages)
    return { focus: joined(instructions, asked), asked, turns: 1, toolResults: 0 }
  }
  return conversationIn(messages, instructions)
}

/** Of several texts the first tells enough; tokens tell nothing. */
function promptOf({ prompt }: Fields): unknown {
  return Array.isArray(prompt) ? prompt.find(one => typeof one === 'string') : prompt
}

function conversationIn(messages: readonly unknown[], given: string): Conversation {
  let instructions = given
  let before = ''
  let last = ''
  let turns = 0
  let toolResults = 0
  for (const message of messages) {
    if (!isFields(message)) continue
    if (message.role === 'system' || message.role === 'developer') {
      instructions = joined(instructions, textOf(message.content))
    } else if (message.role === 'tool' || message.type === 'function_call_output') {
      toolResults += 1
    } else if (message.role === 'user') {
      before = last
      last = textOf(message.content)
      turns += 1
      toolResults = 0
    }
  }
  const asked = last.length < SHORT_TURN ? joined(before, last) : last
  return {
    focus: joined(instructions.slice(0, INSTRUCTIONS_CHARACTERS), asked),
    asked,
    turns,
    toolResults,
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  let text = ''
  for (const part of content) {
    if (typeof part === 'string') text = joined(text, part)
    else if (isFields(part) && typeof part.text === 'string') text = joined(text, part.text)
  }
  return text
}

function joined(before: string, after: string): string {
  return before && after ? `${before}\n${after}` : before + after
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
