import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { EventStreamParser } from './server-sent-events.ts'

function payloadsOf(chunks: string[]): string[] {
  const payloads: string[] = []
  const parser = new EventStreamParser(payload => payloads.push(payload))
  for (const chunk of chunks) parser.push(chunk)
  parser.end()
  return payloads
}

describe('EventStreamParser', () => {
  it.each([
    ['one event', 'data: a\n\n', ['a']],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['CR alone', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['no space behind the colon', 'data:a\n\n', ['a']],
    ['one space taken, the rest kept', 'data:  a\n\n', [' a']],
    ['several data lines', 'data: a\ndata: b\n\n', ['a\nb']],
    ['comments', ': OPENROUTER PROCESSING\n\ndata: a\n: ping\n\n', ['a']],
    ['other fields', 'event: x\nid: 1\nretry: 5\ndata: a\n\n', ['a']],
    ['a field that begins like data', 'database: x\n\n', []],
    ['an empty payload', 'data:\n\ndata\n\ndata: a\n\n', ['a']],
    ['a byte order mark', '\ufeffdata: a\n\n', ['a']],
    ['no blank line at the end', 'data: a\n\ndata: [DONE]', ['a', '[DONE]']],
    ['blank lines in a row', '\n\n\ndata: a\n\n\n\n', ['a']],
    ['nothing', '', []],
  ])('reads %s', (_, text, expected) => {
    expect(payloadsOf([text])).toEqual(expected)
  })

  it('reads the same events wherever the text is cut', () => {
    const line = fc.oneof(
      fc.constantFrom('data: a', 'data:b', 'data', ': comment', 'event: x', '', ''),
      fc.string().map(text => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
    )
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
    const stream = fc.array(fc.tuple(line, lineEnd).map(pair => pair.join('')))
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 200 })), (lines, cuts) => {
        const text = lines.join('')
        expect(payloadsOf(cut(text, cuts))).toEqual(payloadsOf([text]))
        expect(payloadsOf([...text])).toEqual(payloadsOf([text]))
      }),
    )
  })
})

function cut(text: string, places: number[]): string[] {
  const sorted = [0, ...places.map(place => place % (text.length + 1)), text.length]
  sorted.sort((a, b) => a - b)
  return sorted.slice(1).map((place, index) => text.slice(sorted[index], place))
}
