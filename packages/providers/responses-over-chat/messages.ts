import { isObject, type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { textOf } from '../json-value.ts'
import { UntranslatableError } from '../untranslatable.ts'

/** The messages that say what `instructions` and `input` say. */
export function chatMessages(instructions: unknown, input: unknown): JsonObject[] {
  const messages: JsonObject[] = []
  if (typeof instructions === 'string' && instructions !== '') {
    messages.push({ role: 'system', content: instructions })
  }
  if (typeof input === 'string') messages.push({ role: 'user', content: input })
  else if (Array.isArray(input)) {
    for (const [index, item] of input.entries()) {
      addItem(messages, objectOf(item), `input[${index}]`)
    }
  }
  return messages
}

function addItem(messages: JsonObject[], item: JsonObject, path: string): void {
  // What has neither a type nor a speaker refers to another item by its id.
  const type = item.type ?? (item.role === undefined ? 'item_reference' : 'message')
  switch (type) {
    case 'message':
      messages.push(message(item, path))
      return
    case 'function_call':
      addCall(messages, item)
      return
    case 'function_call_output':
      messages.push({
        role: 'tool',
        tool_call_id: item.call_id,
        content: content(item.output, 'tool', `${path}.output`),
      })
      return
    case 'reasoning':
      // A model's notes to itself; another model is not meant to read them.
      return
    default:
      throw new UntranslatableError(`${path}.type`, 'messages and calls of functions have')
  }
}

function message({ role, content: said }: JsonObject, path: string): JsonObject {
  // Models that speak chat only know no developers.
  const speaker = role === 'developer' ? 'system' : role
  const shown = content(said, speaker, `${path}.content`)
  return { role: speaker, content: shown }
}

/** Calls that follow one another, and the words before them, are one message of the assistant. */
function addCall(messages: JsonObject[], item: JsonObject): void {
  const call = {
    id: item.call_id,
    type: 'function',
    function: { name: item.name, arguments: item.arguments },
  }
  const last = messages.at(-1)
  if (last?.role === 'assistant') last.tool_calls = [...objectsOf(last.tool_calls), call]
  else messages.push({ role: 'assistant', content: null, tool_calls: [call] })
}

function content(said: unknown, role: unknown, path: string): unknown {
  if (!Array.isArray(said)) return said
  const parts = said.map((part, index) => chatPart(objectOf(part), `${path}[${index}]`))
  // Many servers take plain text only for these.
  const isText = parts.every(part => part.type === 'text')
  return isText && role !== 'user' ? parts.map(({ text }) => textOf(text) ?? '').join('') : parts
}

function chatPart(part: JsonObject, path: string): JsonObject {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: part.text }
    case 'refusal':
      return { type: 'text', text: part.refusal }
    case 'input_image':
      return imagePart(part, path)
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio }
    case 'input_file':
      return filePart(part, path)
    default:
      throw new UntranslatableError(`${path}.type`, 'text, images, audio and files have')
  }
}

function imagePart({ image_url: url, detail }: JsonObject, path: string): JsonObject {
  if (typeof url !== 'string') {
    throw new UntranslatableError(path, 'an image needs an `image_url`')
  }
  return { type: 'image_url', image_url: { url, ...(detail != null && { detail }) } }
}

function filePart({ file_data: data, filename }: JsonObject, path: string): JsonObject {
  if (typeof data !== 'string') {
    throw new UntranslatableError(path, 'a file needs its `file_data`')
  }
  const name = isObject(filename) ? undefined : filename
  return { type: 'file', file: { file_data: data, ...(name != null && { filename: name }) } }
}
