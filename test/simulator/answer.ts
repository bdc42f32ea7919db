import { defaultText, textOfTokens, textPieces } from './answer-text.ts'
import type { Behaviour } from './behaviour.ts'
import { exampleOf } from './json-example.ts'
import { hashText } from './random.ts'
import type { AnswerRequest, CountTokens, Tool } from './request.ts'

export interface Usage {
  promptTokens: number
  cachedTokens: number
  outputTokens: number
  reasoningTokens: number
}

export interface ToolCall {
  name: string
  /** JSON text. */
  arguments: string
}

export type Finish = 'stop' | 'length' | 'content-filter' | 'tool-call'

/** One answer, before a wire format puts it into its own words. */
export interface Answer {
  /** Unique within the simulator. */
  id: string
  model: string
  createdAtSeconds: number
  text: string
  toolCall: ToolCall | undefined
  finish: Finish
  usage: Usage
  logprob: number
}

export interface AnswerIdentity {
  id: string
  createdAtSeconds: number
  seed: number
  countTokens: CountTokens
}

export function composeAnswer(
  request: AnswerRequest,
  behaviour: Behaviour,
  identity: AnswerIdentity,
): Answer {
  const toolCall = composeToolCall(request, behaviour)
  const wanted = outputTokens(request, behaviour, identity.seed)
  const text = toolCall ? '' : composeText(request, behaviour, wanted)
  const full = wanted ?? identity.countTokens(toolCall ? toolCall.arguments : text)
  const overLimit = !toolCall && request.maxTokens !== undefined && full > request.maxTokens
  const given = overLimit ? Math.max(1, request.maxTokens ?? 1) : full
  return {
    id: identity.id,
    model: request.model,
    createdAtSeconds: identity.createdAtSeconds,
    text: overLimit ? textPieces(text).slice(0, given).join('') : text,
    toolCall,
    finish: toolCall ? 'tool-call' : (behaviour.finishReason ?? (overLimit ? 'length' : 'stop')),
    usage: {
      promptTokens: request.promptTokens,
      cachedTokens: Math.min(behaviour.cachedTokens ?? 0, request.promptTokens),
      outputTokens: given,
      reasoningTokens: behaviour.reasoningTokens ?? 0,
    },
    logprob: behaviour.logprob ?? -0.1,
  }
}

/** What the stream sends chunk by chunk. */
export function answerPieces(answer: Answer): string[] {
  if (!answer.toolCall) return textPieces(answer.text)
  return answer.toolCall.arguments.match(/.{1,12}/gsu) ?? []
}

/** Milliseconds that the model takes to write the answer, after its first token. */
export function writingMs(answer: Answer, behaviour: Behaviour): number {
  if (behaviour.tokensPerSecond === undefined) return 0
  const { outputTokens, reasoningTokens } = answer.usage
  return ((outputTokens + reasoningTokens) / behaviour.tokensPerSecond) * 1_000
}

/** The tokens that the behaviour asks for; the same prompt always gets the same number. */
function outputTokens(
  request: AnswerRequest,
  behaviour: Behaviour,
  seed: number,
): number | undefined {
  const wanted = behaviour.outputTokens
  if (wanted === undefined || typeof wanted === 'number') return wanted
  const span = Math.max(0, wanted.max - wanted.min) + 1
  return wanted.min + (hashText(request.prompt, seed) % span)
}

function composeText(
  request: AnswerRequest,
  behaviour: Behaviour,
  tokens: number | undefined,
): string {
  const { answer } = behaviour
  if (typeof answer === 'function') return answer(request)
  if (answer !== undefined) return answer
  if (request.shape.kind === 'json') return composeJson(request, request.shape.schema)
  return tokens === undefined ? defaultText(request.prompt) : textOfTokens(request.prompt, tokens)
}

function composeJson(request: AnswerRequest, schema: unknown): string {
  const example = schema === undefined ? { answer: defaultText(request.prompt) } : exampleOf(schema)
  return JSON.stringify(example)
}

function composeToolCall(request: AnswerRequest, behaviour: Behaviour): ToolCall | undefined {
  const { toolCall } = behaviour
  if (toolCall === false) return undefined
  if (typeof toolCall === 'object') {
    const tool = request.tools.find(({ name }) => name === toolCall.name)
    const scripted = toolCall.arguments ?? exampleOf(tool?.parameters ?? { type: 'object' })
    return { name: toolCall.name, arguments: JSON.stringify(scripted) }
  }
  const tool = chosenTool(request)
  if (!tool || (request.toolChoice.kind === 'free' && toolCall !== true)) return undefined
  const parameters = tool.parameters ?? { type: 'object' }
  return { name: tool.name, arguments: JSON.stringify(exampleOf(parameters)) }
}

function chosenTool(request: AnswerRequest): Tool | undefined {
  const choice = request.toolChoice
  if (choice.kind !== 'named') return request.tools[0]
  return request.tools.find(({ name }) => name === choice.name) ?? request.tools[0]
}
