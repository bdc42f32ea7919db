import { Script } from 'node:vm'
import { describe, expect, it, jest } from '@jest/globals'
import type { JsonObject } from '@longhaul/contracts'
import { JsonSchemas } from './json-schema.ts'
import { TimeBudget } from './time-budget.ts'

const person = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
}

describe('on a machine that is too busy at first', () => {
  it('looks at a schema again that had no time of its own', () => {
    const late = Object.assign(new Error('timed out'), { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' })
    const paused = jest.spyOn(Script.prototype, 'runInContext').mockImplementationOnce(() => {
      throw late
    })
    expect(new JsonSchemas().fault({ type: 'nonsense' })).toMatchObject({ path: ['type'] })
    paused.mockRestore()
  })

  it('judges the schemas that come later', () => {
    const { runInContext } = Script.prototype
    let timeout = 1
    const hurried = jest.spyOn(Script.prototype, 'runInContext').mockImplementation(function (
      this: Script,
      context,
    ) {
      return runInContext.call(this, context, { timeout })
    })
    const schemas = new JsonSchemas()
    for (; timeout <= 16; timeout += 1) schemas.fault({ type: 'string', maxLength: timeout })
    hurried.mockRestore()

    expect(schemas.fault({ type: 'nonsense' })).toMatchObject({ path: ['type'] })
    expect(schemas.violation({ type: 'string' }, 1)).toBe('the answer must be string')
  })
})

describe('JsonSchemas', () => {
  const schemas = new JsonSchemas()

  it.each([
    ['a value that meets the schema', person, { name: 'Ada', age: 36 }],
    ['a format, which is not judged', { type: 'string', format: 'email' }, 'no address'],
    ['an unknown keyword', { type: 'string', 'x-order': 1 }, 'a'],
    ['a schema that cannot be compiled', { type: 'nonsense' }, 1],
    ['a reference to nowhere', { $ref: '#/$defs/missing' }, 1],
    ['a remote reference', { $ref: 'https://example.com/schema.json' }, 1],
    ['a schema above 128 KiB', { const: 'x'.repeat(130 * 1024) }, 1],
  ])('has nothing against %s', (_, schema, value) => {
    expect(schemas.violation(schema, value)).toBeUndefined()
  })

  it.each([
    ['a missing field', person, {}, "the answer must have required property 'name'"],
    ['a wrong type', person, { name: 'Ada', age: 'old' }, '/age must be integer'],
    ['a wrong root', person, [], 'the answer must be object'],
    [
      'draft 7 tuples',
      { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] },
      [1],
      '/0 must be string',
    ],
    [
      '2020-12 tuples',
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        prefixItems: [{ type: 'string' }],
      },
      [1],
      '/0 must be string',
    ],
    [
      'references',
      { $defs: { id: { type: 'integer' } }, properties: { id: { $ref: '#/$defs/id' } } },
      { id: 'x' },
      '/id must be integer',
    ],
    ['patterns', { pattern: '^a+$' }, 'b', 'the answer must match pattern "^a+$"'],
  ])('names %s', (_, schema, value, expected) => {
    expect(schemas.violation(schema, value)).toBe(expected)
  })

  it.each<[string, JsonObject]>([
    ['a keyword of OpenAPI', { anyOf: [{ type: 'string' }], nullable: true }],
    ['a keyword named id', { properties: {}, id: 'person' }],
    ['a pattern of another dialect', { type: 'string', pattern: '^[^\\@]+\\@' }],
  ])('blames nobody for %s', (_, schema) => {
    expect(schemas.fault(schema)).toBeUndefined()
  })

  it('is asked about new schemas as long as there is time for it, and judges answers by all', () => {
    const noTime = new JsonSchemas(new TimeBudget({ burstMs: 0, share: 0 }))
    expect(noTime.fault({ type: 'nonsense' })).toBeUndefined()
    expect(noTime.violation(person, {})).toBeDefined()
    const burst = new JsonSchemas(new TimeBudget({ burstMs: 1e-6, share: 0 }))
    expect(burst.fault({ type: 'nonsense' })).toBeDefined()
    expect(burst.fault({ type: 'madness' })).toBeUndefined()
    expect(burst.fault({ type: 'nonsense' })).toBeDefined() // known by now
  })

  it('tells apart schemas that share an $id', () => {
    const id = 'https://example.com/answer'
    expect(schemas.violation({ $id: id, type: 'string' }, 1)).toBeDefined()
    expect(schemas.violation({ $id: id, type: 'integer' }, 1)).toBeUndefined()
  })

  it.each(['$ref', '$dynamicRef', '$recursiveRef'])(
    'neither hangs nor fills the memory on alternatives that double by %s',
    keyword => {
      const again = { type: 'array', items: { [keyword]: '#' } }
      let value: unknown = 1
      for (let depth = 0; depth < 26; depth += 1) value = [value]
      expect(
        schemas.violation({ anyOf: [again, { ...again, maxItems: 9 }] }, value),
      ).toBeUndefined()
    },
  )

  it('does not hang on a pattern that backtracks for ever', () => {
    const schema = { type: 'string', pattern: '^(a+)+$' }
    expect(schemas.violation(schema, `${'a'.repeat(60)}!`)).toBeUndefined()
  })
})
