import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { type ErrorCode, errorCatalogue, LonghaulError } from '@longhaul/contracts'
import { errorsPage } from './errors-page.ts'

const page = readFileSync(new URL('../../../docs/api/errors.md', import.meta.url), 'utf8')

describe('docs/api/errors.md', () => {
  it('is what write-errors-page.ts makes of the catalogue', () => {
    expect(page).toBe(errorsPage())
  })

  it.each(Object.keys(errorCatalogue) as ErrorCode[])('agrees with the code about %s', code => {
    const error = new LonghaulError(code, 'x')
    const line = page.split('\n').find(text => text.startsWith(`| \`${code}\` `))
    const { status, type, doc } = errorCatalogue[code]
    expect(error.status).toBe(status)
    expect(error.toEnvelope().error).toEqual({ message: 'x', type, param: null, code })
    const cells = line?.split(' | ').map(cell => cell.replace(/^\| |\|$/g, '').trim())
    expect(cells).toEqual([`\`${code}\``, String(status), `\`${type}\``, doc])
  })
})
