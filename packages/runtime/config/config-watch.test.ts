import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Config, configSchema } from '@longhaul/contracts'
import { startTelemetry } from '@longhaul/telemetry'
import { ManualClock } from '../../../test/manual-clock.ts'
import { ConfigWatch } from './config-watch.ts'

const { logger } = startTelemetry({ service: 'test', logLevel: 'silent' })
const model = {
  context_window: 8_000,
  price: { input: 1, output: 1 },
  deployments: { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' } },
}

describe('ConfigWatch', () => {
  let folder: string
  let path: string
  let clock: ManualClock
  let applied: Config[]
  let watch: ConfigWatch
  let refusals: number

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'longhaul-config-'))
    path = join(folder, 'longhaul.yaml')
    clock = new ManualClock()
    applied = []
    refusals = 0
    write({ models: { one: model } })
    watch = new ConfigWatch(
      { clock, logger },
      {
        path,
        env: {},
        config: configSchema.parse({ models: { one: model } }),
        apply(config) {
          refusals -= 1
          if (refusals >= 0) throw new Error('not now')
          applied.push(config)
        },
      },
    )
    await watch.start()
  })

  afterEach(async () => {
    await watch.stop()
    rmSync(folder, { recursive: true })
  })

  function write(config: unknown): void {
    writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config))
  }

  /** Two checks, so that one has surely come after what was written. */
  const passes = () => clock.advanceAsync(2_000)

  it('hands on what changed, and once only', async () => {
    await passes()
    expect(applied).toEqual([])
    write({ models: { one: model, two: model } })
    await passes()
    await passes()
    expect(applied.map(({ models }) => Object.keys(models))).toEqual([['one', 'two']])
  })

  it('notices a file that is put in the place of the old one', async () => {
    writeFileSync(`${path}.new`, JSON.stringify({ models: { two: model } }))
    renameSync(`${path}.new`, path)
    await passes()
    expect(applied.map(({ models }) => Object.keys(models))).toEqual([['two']])
  })

  it.each([
    ['has faults', '{"models": {}}'],
    ['is cut off', '{"models": '],
    ['is empty', ''],
  ])('goes on with what it has while the file %s, and says so', async (_what, text) => {
    write(text)
    await passes()
    expect(applied).toEqual([])
    expect(watch.health()).toEqual({
      ok: true,
      detail: 'the file has faults: running with the last good configuration',
    })
    write({ models: { two: model } })
    await passes()
    expect(applied).toHaveLength(1)
    expect(watch.health().detail).toBe('as in the file')
  })

  it('goes on with what it has when the file is gone', async () => {
    rmSync(path)
    await passes()
    expect(applied).toEqual([])
    write({ models: { two: model } })
    await passes()
    expect(applied).toHaveLength(1)
  })

  it('tries again when the change could not be taken up', async () => {
    refusals = 1
    write({ models: { two: model } })
    await passes()
    await passes()
    expect(applied).toHaveLength(1)
  })

  it('forgets a change that was taken back before it could be taken up', async () => {
    refusals = 1
    write({ models: { two: model } })
    await clock.advanceAsync(1_000)
    expect(watch.health().detail).toBe('a change could not be taken up yet')
    write({ models: { one: model } })
    await passes()
    expect(applied.map(({ models }) => Object.keys(models))).toEqual([['one']])
    expect(watch.health().detail).toBe('as in the file')
  })

  it('outlives a path that leads nowhere', async () => {
    rmSync(path)
    symlinkSync(path, path)
    await passes()
    expect(watch.health().detail).toContain('the file has faults')
  })

  it('leaves to the next start what drivers are opened with', async () => {
    write({ models: { one: model }, lease: '90s', dispatch: { published_per_key: 10 } })
    await passes()
    expect(applied).toMatchObject([{ lease: 30_000, dispatch: { published_per_key: 10 } }])
    expect(watch.health().detail).toBe('lease changed: this counts from the next start')
  })
})
