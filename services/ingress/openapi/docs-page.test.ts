import { describe, expect, it } from '@jest/globals'
import { docsPage } from './docs-page.ts'
import { openApiDocument } from './document.ts'
import { html, inline, prose } from './html.ts'
import { operations } from './operations.ts'
import { fieldsOf, typeWords } from './schema-words.ts'

const page = docsPage(openApiDocument())

describe('/docs', () => {
  it('loads nothing, from nowhere', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|video|audio|base)\b/i)
    expect(page).not.toMatch(/\b(src|srcset|action|poster)\s*=/i)
    expect(page).not.toMatch(/url\(|@import/i)
    expect(page).not.toMatch(/\son\w+\s*=/i)
  })

  it.each(Object.entries(operations))(
    'describes %s, with a command to try',
    (id, { path, method }) => {
      const section = page.slice(page.indexOf(`<section id="${id}">`)).split('</section>')[0] ?? ''
      expect(section).toContain(`<code>${path}</code>`)
      expect(section).toContain(method.toUpperCase())
      expect(section).toContain('curl')
    },
  )

  it('has a place for every link within it', () => {
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    expect(targets.length).toBeGreaterThan(20)
    for (const id of targets) expect(page).toContain(`id="${id}"`)
  })
})

describe('html', () => {
  it('escapes what is put in, but what is HTML already', () => {
    const evil = `<script>alert("'&")</script>`
    expect(html`<p title="${evil}">${[evil, html`<b>${1}</b>`]}${undefined}${false}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;&#39;&amp;&quot;)&lt;/script&gt;">&lt;script&gt;alert(&quot;&#39;&amp;&quot;)&lt;/script&gt;<b>1</b></p>',
    )
  })

  it('makes code of what stands in backquotes', () => {
    expect(html`${inline('a `b<c` d')}`.text).toBe('a <code>b&lt;c</code> d')
    expect(html`${prose('one\n\ntwo')}`.text).toBe('<p>one</p><p>two</p>')
  })
})

describe('the words for a schema', () => {
  it.each([
    [{ type: 'string', minLength: 1, maxLength: 64 }, 'string, 1 to 64 characters'],
    [{ type: 'integer', minimum: 1 }, 'integer, at least 1'],
    [{ type: ['string', 'null'] }, 'string or null'],
    [{ enum: ['a', 'b'] }, '"a" | "b"'],
    [{ const: true }, 'true'],
    [{ type: 'array', items: { $ref: '#/components/schemas/Job' } }, 'array of <Job>'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string or null'],
    [{}, 'anything'],
  ])('%j', (schema, words) => {
    const text = typeWords(schema as never).map(word =>
      'text' in word ? word.text : `<${word.component}>`,
    )
    expect(text.join('')).toBe(words)
  })

  it('lists fields within fields', () => {
    const fields = fieldsOf({
      type: 'object',
      required: ['a'],
      properties: {
        a: {
          type: 'object',
          properties: { b: { type: 'string', default: 'x', description: 'B' } },
        },
        c: { type: 'array', items: { type: 'object', properties: { d: { type: 'number' } } } },
      },
    })
    expect(fields.map(({ path, isRequired }) => [path, isRequired])).toEqual([
      ['a', true],
      ['a.b', false],
      ['c', false],
      ['c[].d', false],
    ])
    expect(fields[1]?.description).toBe('B. Default: `x`.')
  })
})
