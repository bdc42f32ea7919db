/**
 * What people write instead: OpenAI's client, 64 calls at a time, results
 * appended to a file.
 */

import { createReadStream } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import OpenAI from 'openai'

const AT_A_TIME = 64
const [input = '', output = '', baseURL = ''] = process.argv.slice(2)

const client = new OpenAI({ baseURL, apiKey: 'any' })
const lines = createInterface({ input: createReadStream(input) })[Symbol.asyncIterator]()

async function work(): Promise<void> {
  for (;;) {
    const next = await lines.next()
    if (next.done) return
    const { custom_id, body } = JSON.parse(next.value)
    const answer = await client.chat.completions.create(body)
    await appendFile(output, `${JSON.stringify({ custom_id, response: answer })}\n`)
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, work))
console.log('{"done":true}')
// Who measures it reads its figures before it ends it.
setInterval(() => {}, 60_000)
