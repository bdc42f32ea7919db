import { describe, expect, it } from '@jest/globals'
import { compileRuleExpression } from './compile.ts'
import { RuleExpressionError, type RuleFault } from './error.ts'
import { type RuleFacts, ruleVariables } from './variables.ts'

const facts: RuleFacts = {
  domain: 'law',
  intent: 'analysis',
  language: 'de',
  complexity: 0.7,
  familiarity: 0.4,
  outputTokens: 300,
  code: false,
  tokens: 1_200,
  turns: 3,
  toolResults: 0,
  tools: true,
  json: false,
  vision: false,
  audio: false,
  endpoint: '/v1/chat/completions',
  lane: 'bulk',
  tenant: 'tenant_1',
  metadata: { team: 'research', 'cost-centre': '42' },
  text: 'Review this CONTRACT über alles',
}

describe('an expression of a rule', () => {
  it.each([
    ['domain == "law" && complexity > 0.6', true],
    ['domain in ["math", "physics"] || intent == "code"', false],
    ['tokens >= 1200 && tokens * 2 < 5000', true],
    ['tokens + output_tokens == 1500', true],
    ['complexity >= 1', false],
    ['turns > 2 && tool_results == 0', true],
    ['tools && !json && !vision && !audio && !code', true],
    ['lane == "bulk" ? familiarity < 0.5 : false', true],
    ['endpoint == "/v1/embeddings"', false],
    ['tenant.startsWith("tenant_")', true],
    ['language != "en"', true],
    ['metadata.team == "research"', true],
    ['metadata["cost-centre"] in ["42", "43"]', true],
    ['metadata.other == ""', true],
    ['metadata.other != "x" && metadata.constructor == ""', true],
    ['size(metadata.team) > 3 && metadata.team.contains("sea")', true],
    [String.raw`text.matches(r"\bcontract\b")`, true],
    ['text.matches("ÜBER") && text.matches("^review")', true],
    ['text.matches("poem")', false],
    ['tokens / turns > 399', true],
    ['tokens / tool_results > 1', false],
    ['tokens * 9223372036854775807 > 1', false],
  ])('%s: %s', (source, holds) => {
    expect(compileRuleExpression(source).holds(facts)).toBe(holds)
  })

  it('reads what it names, and nothing that it does not come to', () => {
    const asked: string[] = []
    const watched = new Proxy(facts, {
      get(target, name) {
        asked.push(String(name))
        return Reflect.get(target, name)
      },
    })
    const expression = compileRuleExpression('lane == "interactive" && domain == "law"')
    expect([...expression.reads]).toEqual(['lane', 'domain'])
    expect(expression.holds(watched)).toBe(false)
    expect(asked).toEqual(['lane'])
  })

  it.each(Object.entries(ruleVariables))('knows %s', (name, { type }) => {
    const check = {
      string: `${name} != "x"`,
      int: `${name} >= 0`,
      double: `${name} >= 0.0`,
      bool: `${name} || !${name}`,
      Text: `${name}.matches("")`,
      'map<string, string>': `${name}.x == ""`,
    }[type].replace(/(domain|intent|language|endpoint|lane) != "x"/, '$1.size() > 0')
    expect(compileRuleExpression(check).holds(facts)).toBe(true)
  })

  it.each([
    ['domian == "law"', 1, 'unknown variable: domian'],
    ['tokens > 10 && domain == "maths"', 26, 'domain is never "maths"'],
    ['lane in ["bulk", "fast"]', 18, 'lane is never "fast"'],
    ['tokens >', 9, 'unexpected token: EOF'],
    ['tokens', 1, 'it is int, not true or false'],
    ['domain == 3', 1, 'no such overload: string == int'],
    ['text == "x"', 1, 'no such overload: Text == string'],
    ['text.startsWith("x")', 1, "found no matching overload for 'Text.startsWith(string)'"],
    ['text.matches("(")', 14, /^is not a regular expression of RE2: .*missing closing/],
    ['text.matches(metadata.x)', 14, 'matches needs an expression in quotes'],
    ['metadata.x.matches("a")', 1, 'matches is for `text` only'],
    ['has(metadata.x)', 1, 'the function has is not known here'],
    ['"x" in metadata', 8, 'metadata is not a list'],
    ['[1, 2].exists(n, n > 1)', 1, 'the function exists is not known here'],
    ['{"a": 1}.a == 1', 2, 'exceeded maxMapEntries (0)'],
    ['process.exit()', 1, 'the function exit is not known here'],
    [`${'tools && '.repeat(300)}tools`, 1, 'exceeded maxAstNodes (400)'],
    ['', 1, 'unexpected token: EOF'],
    ['complexity > 1.5', 14, 'complexity is never > 1.5'],
    ['complexity >= 1.01', 15, 'complexity is never >= 1.01'],
    ['2 <= familiarity', 1, 'familiarity is never >= 2'],
    ['tokens < 0', 10, 'tokens is never < 0'],
    ['turns == -1', 10, 'turns is never == -1'],
    ['turns != -1', 10, 'turns is never == -1'],
    ['domain.startsWith("maths")', 19, 'domain.startsWith("maths") never holds'],
    ['lane == endpoint', 1, 'lane and endpoint have no value in common'],
  ])('%s is refused at character %i', (source, character, message) => {
    const [fault] = faultsOf(source)
    expect(fault).toMatchObject({ character, remedy: expect.any(Object) })
    expect(fault?.message).toMatch(message)
  })

  it('takes what can hold, at the very bounds too', () => {
    const atBounds = 'complexity >= 1 || tokens <= 0 || 1 > complexity || domain.endsWith("math")'
    expect(faultsOf(atBounds)).toEqual([])
  })

  it('tells all its faults, in the order of the text', () => {
    const source =
      'domain == "maths" && (tokens > "x" || !(complexity > 2.0)) ? langage == "en" : has(metadata.x)'
    expect(faultsOf(source).map(({ character, message }) => [character, message])).toEqual([
      [11, 'domain is never "maths"'],
      [23, 'no such overload: int > string'],
      [54, 'complexity is never > 2'],
      [62, 'unknown variable: langage'],
      [80, 'the function has is not known here'],
    ])
  })
})

function faultsOf(source: string): readonly RuleFault[] {
  try {
    compileRuleExpression(source)
    return []
  } catch (error) {
    if (error instanceof RuleExpressionError) return error.faults
    throw error
  }
}
