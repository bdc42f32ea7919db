import { describe, expect, it } from '@jest/globals'
import { newId } from './ids.ts'
import { decodeJobMessage, encodeJobMessage } from './job-envelope.ts'
import { type JobMessage, jobMessageSchema } from './messages.ts'

const body = JSON.stringify({ messages: [{ role: 'user', content: 'Grüße' }] })
const job: JobMessage = {
  jobId: newId('job'),
  tenantId: newId('tenant'),
  endpoint: '/v1/chat/completions',
  lane: 'standard',
  policy: null,
  requestedModel: null,
  metadata: { number: '1' },
  deadlineAt: null,
  dispatch: 1,
  hints: null,
  options: null,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  bodyBytes: Buffer.byteLength(body),
  body,
  route: null,
}

describe('a job on the bus', () => {
  it('is JSON text for whoever asks for it', () => {
    const { value } = encodeJobMessage(job)
    expect(jobMessageSchema.parse(JSON.parse(value))).toEqual(job)
    expect(decodeJobMessage({ value })).toEqual(job)
  })

  it('is the very job within the process', () => {
    expect(decodeJobMessage(encodeJobMessage(job))).toBe(job)
  })

  it('names its schema and its trace in the headers', () => {
    expect(encodeJobMessage(job).headers).toEqual({
      'longhaul-schema': '1',
      traceparent: job.traceparent,
    })
    expect(encodeJobMessage({ ...job, traceparent: null }).headers).toEqual({
      'longhaul-schema': '1',
    })
  })

  it.each(['', '{', '{}'])('cannot be read from %j', value => {
    expect(() => decodeJobMessage({ value })).toThrow()
  })
})
