import { describe, expect, it } from '@jest/globals'
import { describeDecision, mostTelling } from './decision-text.ts'
import { decided, finished } from './testing/outcomes.ts'

const noJson = { model: 'claude', reason: 'json', detail: 'the model has no JSON mode' } as const
const noTools = { model: 'small', reason: 'tools', detail: 'the model takes no tools' } as const

describe('the decision that is explained', () => {
  it('is one with a choice, and with most reasons against the others', () => {
    const plain = finished({ decision: decided(['small', 'large']) })
    const forced = finished({ decision: decided(['large'], [noJson, noTools]) })
    const telling = finished({ decision: decided(['large', 'medium'], [noJson, noTools]) })
    expect(mostTelling([plain, forced, telling])).toBe(telling)
  })

  it('is none when nothing was decided', () => {
    const undecided = finished({ decision: null })
    expect(mostTelling([undecided, finished({ decision: decided([]) })])).toBeUndefined()
  })

  it('shows the prompt, the choice, its reason, the candidates and what was ruled out', () => {
    const outcome = finished({ decision: decided(['large', 'medium'], [noJson]) })
    outcome.prompt.body.messages = [
      { role: 'system', content: 'You are careful.' },
      { role: 'user', content: 'Prove it.\nBy induction.' },
    ]
    const telling = mostTelling([outcome])
    const text = telling ? describeDecision(telling) : ''
    expect(text).toContain('Prompt    Prove it. (math-01)')
    expect(text).toContain('Chosen    large, by the policy "auto" (rules)')
    expect(text).toContain('Reason    rule 1 (content) matches')
    expect(text).toMatch(/large +│ +2 │ +0\.001000/)
    expect(text).toContain('Ruled out claude: json (the model has no JSON mode)')
  })
})
