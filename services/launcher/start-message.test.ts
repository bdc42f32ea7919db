import { describe, expect, it } from '@jest/globals'
import type { Launched } from './launch.ts'
import { describeStart } from './start-message.ts'

const nothing = { pending: 0, queued: 0, running: 0 }

function message(
  launched: Partial<Pick<Launched, 'newKey' | 'orphan' | 'database'>> = {},
  resumed: Launched['system']['resumed'] = nothing,
  givenKey: string | undefined = undefined,
): string {
  const whole = {
    system: { url: 'http://127.0.0.1:8787', resumed },
    source: 'Models small and large, by OPENAI_API_KEY.',
    dataDir: '/srv/longhaul',
    database: 'embedded',
    newKey: undefined,
    orphan: undefined,
    ...launched,
  } as Launched
  return describeStart(whole, givenKey)
}

describe('what a start prints', () => {
  it('names the addresses, the data, the models and why these', () => {
    const lines = message().split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'Longhaul is ready at http://127.0.0.1:8787',
        '  API         http://127.0.0.1:8787/v1/jobs',
        '  Reference   http://127.0.0.1:8787/docs',
        '  Data        /srv/longhaul',
        '  PostgreSQL  embedded',
        '  Models      Models small and large, by OPENAI_API_KEY.',
      ]),
    )
  })

  it('shows a key at the start that made it, and puts it into the command to try', () => {
    const text = message({ newKey: 'lh_0123456789abcdef' })
    expect(text).toContain('shown this once (only its hash is kept):\n\n  lh_0123456789abcdef\n')
    expect(text).toContain("-H 'authorization: Bearer lh_0123456789abcdef'")
  })

  it('shows no key that the operator chose', () => {
    const text = message({ newKey: 'the-chosen-one' }, nothing, 'the-chosen-one')
    expect(text).not.toContain('the-chosen-one')
    expect(text).toContain('API keys: that of LONGHAUL_API_KEY')
  })

  it('lets the shell put in the key that is known no more', () => {
    expect(message({ newKey: undefined })).toContain('-H "authorization: Bearer $LONGHAUL_API_KEY"')
  })

  it('shows no key later: it is not known any more', () => {
    const text = message()
    expect(text).toContain('API keys: those made before')
    expect(text).not.toContain('lh_')
  })

  it('says how much it resumed', () => {
    const text = message({}, { pending: 1_200, queued: 30, running: 4 })
    expect(text).toContain(
      '  Resumed     1234 unfinished jobs: 4 were running, 30 queued, 1200 waiting',
    )
  })

  it('says nothing of what there was not', () => {
    expect(message()).not.toMatch(/Resumed|Recovery/)
  })

  it('says that it stopped the PostgreSQL of a start that was killed', () => {
    expect(message({ orphan: 4711 })).toContain(
      '  Recovery    stopped the PostgreSQL (process 4711)',
    )
  })

  it('offers a command that a shell runs as it stands', () => {
    const text = message()
    const command = text.slice(text.indexOf('curl'))
    expect(command).toContain("'http://127.0.0.1:8787/v1/jobs'")
    const body = /-d '(.*)'/.exec(command)?.[1] ?? ''
    expect(JSON.parse(body)).toMatchObject({ body: { messages: [{ role: 'user' }] } })
  })
})
