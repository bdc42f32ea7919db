import { readFileSync } from 'node:fs'
import { z } from 'zod'

const promptSchema = z.strictObject({
  id: z.string(),
  domain: z.string(),
  body: z.looseObject({
    messages: z.array(
      z.looseObject({
        role: z.string(),
        content: z.union([
          z.string(),
          z.array(
            z.looseObject({
              text: z.string().optional(),
              image_url: z.looseObject({ url: z.string() }).optional(),
            }),
          ),
        ]),
      }),
    ),
  }),
})

/** One line of prompts.jsonl: the body of a chat completion, and what it is about. */
export type Prompt = z.infer<typeof promptSchema>

const FILE = new URL('./prompts.jsonl', import.meta.url)

/** The shipped sample; its domains take turns, so that its beginning is a sample as well. */
export function readPrompts(): Prompt[] {
  const lines = readFileSync(FILE, 'utf8').trim().split('\n')
  return lines.map(line => promptSchema.parse(JSON.parse(line)))
}

/** Shows a picture that exists in name only: a simulator takes it, a real model cannot fetch it. */
export function hasMadeUpImage({ body }: Prompt): boolean {
  const parts = body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []))
  return parts.some(part => part.image_url?.url.startsWith('https://example.com/'))
}

/** The first line of what the user says. */
export function firstLine({ body }: Prompt): string {
  const said = body.messages.find(({ role }) => role === 'user')?.content ?? ''
  const text = Array.isArray(said) ? said.map(part => part.text ?? '').join('\n') : said
  return text.trim().split('\n')[0] ?? ''
}
