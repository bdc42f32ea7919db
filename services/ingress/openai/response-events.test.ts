import { describe, expect, it } from '@jest/globals'
import { type JsonObject, objectOf } from '@longhaul/contracts'
import { itemEvents } from '@longhaul/providers'
import fc from 'fast-check'
import { ResponseEvents } from './response-events.ts'
import { StreamParts } from './stream-parts.ts'

function message(id: string, text: string): JsonObject {
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }]
  return { id, type: 'message', status: 'completed', role: 'assistant', content }
}

function call(id: string, given: string): JsonObject {
  return {
    id,
    type: 'function_call',
    call_id: id,
    name: 'f',
    status: 'completed',
    arguments: given,
  }
}

/** The events of an item with its text in single characters. */
function inPieces(item: JsonObject, index: number): JsonObject[] {
  return itemEvents(item, index).flatMap(event =>
    String(event.type).endsWith('.delta')
      ? [...String(event.delta)].map(delta => ({ ...event, delta }))
      : [event],
  )
}

function told(events: ResponseEvents): JsonObject[] {
  return events.all.map(({ json }) => objectOf(JSON.parse(json)))
}

function textOf(events: JsonObject[]): string {
  return events.map(({ type, delta }) => (String(type).endsWith('.delta') ? delta : '')).join('')
}

const base = { id: 'resp_1', status: 'queued', background: false }

describe('ResponseEvents', () => {
  it('adds up to the whole response, whatever parts of it are lost', () => {
    const items = fc
      .array(fc.tuple(fc.boolean(), fc.stringMatching(/^[a-z]{1,5}$/)), {
        minLength: 1,
        maxLength: 3,
      })
      .map(all =>
        all.map(([isCall, text], index) =>
          isCall ? call(`fc_${index}`, text) : message(`msg_${index}`, text),
        ),
      )
    fc.assert(
      fc.property(items, fc.nat(40), (output, lost) => {
        const events = new ResponseEvents()
        const parts = new StreamParts(events)
        events.begin(base)
        for (const [first, event] of output.flatMap(inPieces).entries()) {
          const chunks = [JSON.stringify(event)]
          if (first !== lost) parts.take({ jobId: 'j', attempt: 1, first, chunks })
        }
        events.finish({ ...base, status: 'completed', output })

        const all = told(events)
        expect(all.map(each => each.sequence_number)).toEqual(all.map((_, index) => index))
        expect(textOf(all)).toBe(textOf(output.flatMap(itemEvents)))
        const done = all.filter(({ type }) => type === 'response.output_item.done')
        expect(done.map(({ item }) => item)).toEqual(output)
        expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { output } })
        expect(events.interrupted).toBe(false)
      }),
    )
  })

  it('repeats a call unseen that told nothing to read, and is interrupted later', () => {
    const output = [message('msg_0', 'hello')]
    const pieces = output.flatMap(inPieces).map(event => JSON.stringify(event))
    const hidden = new ResponseEvents()
    const first = new StreamParts(hidden)
    hidden.begin(base)
    first.take({ jobId: 'j', attempt: 1, first: 0, chunks: pieces.slice(0, 2) })
    first.take({ jobId: 'j', attempt: 2, first: 0, chunks: pieces })
    hidden.finish({ ...base, status: 'completed', output })
    expect(textOf(told(hidden))).toBe('hello')

    const heard = new ResponseEvents()
    const second = new StreamParts(heard)
    heard.begin(base)
    second.take({ jobId: 'j', attempt: 1, first: 0, chunks: pieces.slice(0, 4) })
    second.take({ jobId: 'j', attempt: 2, first: 0, chunks: pieces })
    expect(heard.interrupted).toBe(true)
    expect(told(heard).at(-1)).toMatchObject({ type: 'error', code: 'stream_interrupted' })
  })
})
