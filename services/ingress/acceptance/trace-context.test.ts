import { describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import { traceparentOf, validTraceparent } from './trace-context.ts'

describe('validTraceparent', () => {
  it('takes what W3C Trace Context describes', () => {
    const header = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect(validTraceparent(header)).toBe(header)
  })

  it.each([
    undefined,
    '',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'x'.repeat(10_000),
  ])('takes no %p', header => {
    expect(validTraceparent(header)).toBeUndefined()
  })
})

describe('traceparentOf', () => {
  it('names the trace after the job', () => {
    const jobId = newId('job')
    const traceparent = traceparentOf(jobId) ?? ''
    expect(validTraceparent(traceparent)).toBe(traceparent)
    expect(traceparent).toContain(jobId.slice('job_'.length))
  })
})
