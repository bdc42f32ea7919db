import { describe, expect, it } from '@jest/globals'
import { describeError, startTelemetry, withoutCredentials } from './index.ts'

async function logged(write: (logger: ReturnType<typeof startTelemetry>['logger']) => void) {
  const lines: string[] = []
  const telemetry = startTelemetry({
    service: 'test',
    logDestination: { write: line => lines.push(line) },
  })
  write(telemetry.logger)
  await telemetry.stop()
  return lines.map(line => JSON.parse(line))
}

describe('the log', () => {
  it('is one JSON object a line: level by name, time, service, message', async () => {
    const [line] = await logged(logger => logger.warn({ part: 'bus' }, 'slow'))
    expect(line).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'test',
      part: 'bus',
      msg: 'slow',
    })
  })

  it('has info and above unless told otherwise', async () => {
    const lines = await logged(logger => {
      logger.debug('no')
      logger.info('yes')
    })
    expect(lines.map(line => line.msg)).toEqual(['yes'])
  })

  it.each([
    ['body', { body: '{"messages":[]}' }],
    ['a nested request', { job: { id: 'job_1', request: { prompt: 'secret' } } }],
    ['an API key', { deployment: { api_key: 'sk-abc' } }],
    ['headers', { headers: { authorization: 'Bearer abc' } }],
  ])('leaves out %s that a caller hands over', async (_, fields) => {
    const [line] = await logged(logger => logger.info(fields, 'x'))
    const text = JSON.stringify(line)
    expect(text).toContain('[redacted]')
    expect(text).not.toMatch(/messages|secret|sk-abc|Bearer/)
  })

  it('keeps of an error what helps, not what a driver hangs on it', async () => {
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (body)=(my prompt) already exists.',
      parameters: ['my prompt'],
    })
    const [line] = await logged(logger => logger.error({ err: error }, 'insert failed'))
    expect(line.err).toEqual({
      type: 'Error',
      message: 'duplicate key',
      code: '23505',
      stack: expect.stringContaining('logger.test'),
    })
  })
})

describe('describeError', () => {
  it('follows causes, five at most', () => {
    let error = new Error('0')
    for (let depth = 1; depth < 10; depth += 1) error = new Error(`${depth}`, { cause: error })
    const messages: string[] = []
    for (
      let at: ReturnType<typeof describeError> | undefined = describeError(error);
      at;
      at = at.cause
    )
      messages.push(at.message)
    expect(messages).toEqual(['9', '8', '7', '6', '5', '4'])
  })

  it('survives an error that is its own cause', () => {
    const error = new Error('loop')
    error.cause = error
    expect(describeError(error).cause?.cause?.message).toBe('loop')
  })

  it('cuts a long message', () => {
    expect(describeError(new Error('x'.repeat(10_000))).message).toHaveLength(2_000)
  })

  it('takes what is no error', () => {
    expect(describeError('boom')).toEqual({ type: 'string', message: 'boom' })
  })
})

describe('withoutCredentials', () => {
  it.each([
    ['postgres://app:hunter2@db:5432/x', 'postgres://[redacted]@db:5432/x'],
    ['Authorization: Bearer abcdef123456', 'Authorization: Bearer [redacted]'],
    ['key sk-proj-abcdefgh1234 is wrong', 'key sk-[redacted] is wrong'],
    ['secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'secret whsec-[redacted]'],
    ['GET http://127.0.0.1:8787/v1/jobs', 'GET http://127.0.0.1:8787/v1/jobs'],
    ['a risk-averse task-runner', 'a risk-averse task-runner'],
  ])('%s', (text, cleaned) => {
    expect(withoutCredentials(text)).toBe(cleaned)
  })
})
