import { chatCompletions } from './chat-completions.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import { messages } from './messages.ts'
import type { WireFormat } from './port.ts'
import { responses } from './responses.ts'

/** By the end of the path, so that any base URL works. */
const byEnding = new Map<string, WireFormat>([
  ['/chat/completions', chatCompletions],
  ['/completions', completions],
  ['/responses', responses],
  ['/embeddings', embeddings],
  ['/messages', messages],
])

const known = new Map<string, WireFormat>()

/** Whose envelope an unknown path is answered in. */
export const openAi = chatCompletions

export function formatOf(url: string): WireFormat | undefined {
  const format = known.get(url)
  if (format) return format
  const path = url.split('?', 1)[0] ?? url
  for (const [ending, candidate] of byEnding) {
    if (!path.endsWith(ending)) continue
    if (known.size < 1_000) known.set(url, candidate)
    return candidate
  }
  return undefined
}

export function modelList(names: string[]): object {
  const models = names.map(id => ({
    id,
    object: 'model',
    created: 1_735_689_600,
    owned_by: 'simulator',
  }))
  return { object: 'list', data: models }
}
