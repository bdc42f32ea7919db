import { isObject, type JsonObject, objectOf } from '@longhaul/contracts'
import { UntranslatableError } from '../untranslatable.ts'
import { chatMessages } from './messages.ts'

/** Said in the words of chat completions below. */
const translated = new Set([
  'input',
  'instructions',
  'max_output_tokens',
  'tools',
  'tool_choice',
  'text',
  'reasoning',
  'top_logprobs',
  'include',
])

/** Of the response as an object that is kept: the model has nothing to do with it. */
const notForTheModel = new Set([
  'background',
  'store',
  'stream',
  'stream_options',
  'previous_response_id',
  'truncation',
  // It bounds the calls of built-in tools, and none of those is translated.
  'max_tool_calls',
])

/**
 * The chat completion that asks for what a response asks for. Fields that both
 * have, and those that we do not know, pass through.
 * @throws {UntranslatableError} for what chat completions cannot say
 */
export function chatRequest(body: JsonObject): JsonObject {
  refuseTheUnspoken(body)
  const chat: JsonObject = {}
  for (const [name, value] of Object.entries(body)) {
    if (!translated.has(name) && !notForTheModel.has(name)) chat[name] = value
  }
  chat.messages = chatMessages(body.instructions, body.input)
  // Servers that speak chat only know this name for it.
  if (body.max_output_tokens != null) chat.max_tokens = body.max_output_tokens
  addTools(chat, body)
  addFormat(chat, objectOf(body.text))
  const { effort } = objectOf(body.reasoning)
  if (effort != null) chat.reasoning_effort = effort
  addLogprobs(chat, body)
  return chat
}

function refuseTheUnspoken(body: JsonObject): void {
  if (body.previous_response_id != null) {
    throw new UntranslatableError('previous_response_id', 'say what was said in `input`')
  }
  for (const field of ['conversation', 'prompt', 'context_management']) {
    if (body[field] != null) {
      throw new UntranslatableError(field, 'the provider would have to keep it')
    }
  }
  if (body.truncation != null && body.truncation !== 'disabled') {
    throw new UntranslatableError('truncation', 'only "disabled" has one')
  }
}

function addTools(chat: JsonObject, { tools, tool_choice: choice }: JsonObject): void {
  if (Array.isArray(tools) && tools.length > 0) {
    chat.tools = tools.map((tool, index) => chatTool(objectOf(tool), `tools[${index}]`))
  }
  if (choice == null) return
  if (typeof choice === 'string') chat.tool_choice = choice
  else if (isObject(choice) && choice.type === 'function') {
    chat.tool_choice = { type: 'function', function: { name: choice.name } }
  } else throw new UntranslatableError('tool_choice', 'only functions can be chosen')
}

function chatTool({ type, ...rest }: JsonObject, path: string): JsonObject {
  if (type !== 'function') {
    throw new UntranslatableError(`${path}.type`, 'only tools of the type "function" have')
  }
  return { type, function: rest }
}

function addFormat(chat: JsonObject, { format, verbosity }: JsonObject): void {
  if (verbosity != null) chat.verbosity = verbosity
  const { type, ...rest } = objectOf(format)
  if (type === undefined || type === 'text') return
  if (type === 'json_object') chat.response_format = { type }
  else if (type === 'json_schema') chat.response_format = { type, json_schema: rest }
  else throw new UntranslatableError('text.format.type', 'text and JSON have')
}

function addLogprobs(chat: JsonObject, { top_logprobs: top, include }: JsonObject): void {
  const wanted = Array.isArray(include) && include.includes('message.output_text.logprobs')
  if (!wanted && top == null) return
  chat.logprobs = true
  if (top != null) chat.top_logprobs = top
}
