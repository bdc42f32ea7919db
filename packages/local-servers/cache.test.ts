import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { fetchInto, makeFolder } from './cache.ts'
import { fetchJars } from './maven/jars.ts'

const JAR = 'the bytes of a jar'
const sha256 = createHash('sha256').update(JAR).digest('hex')

let folder: string
let repository: Server
let url: string
let served: string
let requests: number
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'longhaul-cache-'))
  served = JAR
  requests = 0
  repository = createServer((request, response) => {
    requests += 1
    response.writeHead(request.url?.includes('missing') ? 404 : 200).end(served)
  }).listen(0, '127.0.0.1')
  await once(repository, 'listening')
  const address = repository.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address?.port}`
})
afterEach(async () => {
  repository.close()
  repository.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

describe('a download', () => {
  it('is kept under its name, and fetched once', async () => {
    const file = join(folder, 'org/kafka.jar')
    await fetchInto(file, { url, sha256 })
    await fetchInto(file, { url, sha256 })
    expect(readFileSync(file, 'utf8')).toBe(JAR)
    expect(readdirSync(join(folder, 'org'))).toEqual(['kafka.jar'])
    expect(requests).toBe(1)
  })

  it('is refused when it is not what was expected, and leaves nothing behind', async () => {
    served = 'other bytes'
    const jars = [{ path: 'org/kafka.jar', sha256 }]
    await expect(fetchJars(jars, { repository: url, folder })).rejects.toThrow(/SHA-256/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('tells where it asked, when there is none', async () => {
    const file = join(folder, 'kafka.jar')
    await expect(fetchInto(file, { url: `${url}/missing`, sha256 })).rejects.toThrow(
      `${url}/missing answers 404`,
    )
  })

  it('may race with the same one', async () => {
    const jars = [{ path: 'kafka.jar', sha256 }]
    const racers = [1, 2, 3].map(() => fetchJars(jars, { repository: url, folder }))
    const file = join(folder, 'kafka.jar')
    expect(await Promise.all(racers)).toEqual([file, file, file])
    expect(readdirSync(folder)).toEqual(['kafka.jar'])
  })
})

describe('a folder of the cache', () => {
  it('appears whole, once, whoever makes it first', async () => {
    const wanted = join(folder, 'redis')
    const fill = async (temporary: string) => writeFileSync(join(temporary, 'server'), '')
    await Promise.all([makeFolder(wanted, fill), makeFolder(wanted, fill)])
    expect(readdirSync(folder)).toEqual(['redis'])
    expect(readdirSync(wanted)).toEqual(['server'])
  })

  it('does not appear when making it fails', async () => {
    const wanted = join(folder, 'redis')
    const fill = async (temporary: string) => {
      writeFileSync(join(temporary, 'half'), '')
      throw new Error('no space left')
    }
    await expect(makeFolder(wanted, fill)).rejects.toThrow('no space left')
    expect(existsSync(wanted)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })
})
