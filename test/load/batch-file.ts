import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

const TOPICS = ['tides', 'glaciers', 'bridges', 'lenses', 'vaccines', 'sonnets', 'ledgers']

/** A batch's file, written to disk as it is made: of so many lines, each of about so many bytes. */
export async function writeBatchFile(
  path: string,
  options: { lines: number; lineBytes: number; models: readonly string[] },
): Promise<void> {
  const { lines, lineBytes, models } = options
  const padding = 'and then some more to read. '
    .repeat(Math.ceil(lineBytes / 28))
    .slice(0, lineBytes)
  const out = createWriteStream(path)
  for (let number = 0; number < lines; number += 1) {
    const content = `[[line-${number}]] Explain ${TOPICS[number % TOPICS.length]} briefly: ${padding}`
    const line = {
      custom_id: `line-${number}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: models[number % models.length], messages: [{ role: 'user', content }] },
    }
    if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

/** How often each `custom_id` of a JSON Lines file was counted, added to `counts`; lines that are torn are told. */
export async function countIds(path: string, counts: Map<string, number>): Promise<number> {
  let torn = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line === '') continue
    try {
      const { custom_id } = JSON.parse(line) as { custom_id: string }
      counts.set(custom_id, (counts.get(custom_id) ?? 0) + 1)
    } catch {
      torn += 1
    }
  }
  return torn
}
