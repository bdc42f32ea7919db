import { describe, expect, it } from '@jest/globals'
import { loadConfigFile } from './config-file.ts'
import { describeFault } from './fault.ts'

const env = { KEY: 'sk-from-env', HOST: 'llm.example.com', NUMBER: '8', EMPTY: '', LINES: 'a\nb' }

/** One sound model, for files that are about something else; 8 lines. */
const model = `
models:
  gpt:
    context_window: 1000
    price: { input: 1, output: 2 }
    deployments:
      one: { provider: openai-compatible, base_url: https://h/v1 }
`.trimStart()

function faultsOf(text: string): string[] {
  const result = loadConfigFile({ text }, env)
  return result.ok ? [] : result.faults.map(fault => describeFault('f', fault))
}

describe('every fault is reported, with its place, its value and a remedy', () => {
  it.each([
    [
      'an empty file',
      '',
      ['f:1:1 the file is empty — start from docs/guides/longhaul.example.yaml'],
    ],
    [
      'a comment alone',
      '# soon\n',
      ['f:1:1 the file is empty — start from docs/guides/longhaul.example.yaml'],
    ],
    [
      'no mapping',
      'hello',
      [
        'f:1:1 must be a mapping, not text (got "hello") — write keys below it, indented: models, policies, default_policy, lanes, dispatch, retry, breaker, lease, webhooks, retention, kafka, redis',
      ],
    ],
    [
      'no models',
      'lease: 30s',
      ['f:1:1 models: is missing — add models: by the name that callers use'],
    ],
    [
      'models left empty',
      'models:\n',
      ['f:1:1 models: is empty — fill it in: by the name that callers use'],
    ],
    [
      'an empty mapping',
      'models: {}',
      [
        'f:1:1 models: must hold at least one model — add a name, and below it context_window, price and deployments',
      ],
    ],

    [
      'a missing key',
      model.replace('    context_window: 1000\n', ''),
      [
        'f:2:3 models.gpt.context_window: is missing — add context_window: tokens of input and output together',
      ],
    ],
    [
      'a missing mapping',
      model.replace('    price: { input: 1, output: 2 }\n', ''),
      ['f:2:3 models.gpt.price: is missing — add price with input, output'],
    ],
    [
      'a missing choice',
      model.replace('provider: openai-compatible, ', ''),
      [
        'f:6:7 models.gpt.deployments.one.provider: is missing — add provider: openai-compatible, anthropic',
      ],
    ],
    [
      'an empty choice',
      `${model}policies:\n  p:\n    strategy:\n`,
      [
        'f:9:5 policies.p.strategy: is empty — fill it in: round-robin, weighted, cheapest, fastest, least-busy, rules, semantic, predictive',
      ],
    ],
    [
      'an empty section',
      `${model}retry:\n`,
      ['f:7:1 retry: is empty — fill it in, or remove the line'],
    ],
    [
      'an empty union',
      `${model}policies:\n  p:\n    strategy: rules\n    rules:\n      - when: { tools: true }\n        use:\n`,
      ['f:12:9 policies.p.rules[0].use: is empty — fill it in: models, best first'],
    ],
    [
      'a typing slip',
      model.replace('context_window', 'contxt_window'),
      [
        'f:2:3 models.gpt.context_window: is missing — add context_window: tokens of input and output together',
        'f:3:5 models.gpt.contxt_window: is not a known key — did you mean "context_window"?',
      ],
    ],
    [
      'camel case',
      model.replace('base_url', 'baseUrl'),
      [
        'f:6:7 models.gpt.deployments.one.base_url: is missing — add base_url: up to and with the version: https://api.openai.com/v1',
        'f:6:43 models.gpt.deployments.one.baseUrl: is not a known key — did you mean "base_url"?',
      ],
    ],
    [
      'a key at the wrong level',
      model.replace('    price:', '    api_key: ${KEY}\n    price:'),
      [
        'f:4:5 models.gpt.api_key: is not a known key — move it below models.<name>.deployments.<name>',
      ],
    ],
    [
      'a key of nowhere',
      `${model}lease: 30s\nzebra: 1`,
      [
        'f:8:1 zebra: is not a known key — remove it; known here: models, policies, default_policy, lanes, dispatch, retry, breaker, lease, webhooks, retention, kafka, redis',
      ],
    ],

    [
      'text for a number',
      model.replace('1000', '"1000"'),
      [
        'f:3:21 models.gpt.context_window: must be a number, not text (got "1000") — write it without quotes: 1000',
      ],
    ],
    [
      'words for a number',
      model.replace('1000', 'many'),
      [
        'f:3:21 models.gpt.context_window: must be a number, not text (got "many") — write a number: tokens of input and output together',
      ],
    ],
    [
      'a fraction',
      model.replace('1000', '0.5'),
      ['f:3:21 models.gpt.context_window: must be a whole number (got 0.5) — round it'],
    ],
    [
      'infinity',
      model.replace('input: 1', 'input: .inf'),
      [
        'f:4:21 models.gpt.price.input: must be a finite number (got Infinity) — choose a number from 0 up to 1000000',
      ],
    ],
    [
      'no number',
      model.replace('input: 1', 'input: .nan'),
      [
        'f:4:21 models.gpt.price.input: must be a finite number (got NaN) — choose a number from 0 up to 1000000',
      ],
    ],
    [
      'a number for text',
      model.replace('base_url:', 'model: 4, base_url:'),
      [
        'f:6:50 models.gpt.deployments.one.model: must be text, not a number (got 4) — put it in quotes: "4"',
      ],
    ],
    [
      'a list for a mapping',
      model.replace('{ input: 1, output: 2 }', '[1, 2]'),
      [
        'f:4:12 models.gpt.price: must be a mapping, not a list — write keys below it, indented: input, output, cached_input, cache_write',
      ],
    ],
    [
      'text for a list',
      model.replace('    price:', '    capabilities: tools\n    price:'),
      [
        'f:4:19 models.gpt.capabilities: must be a list, not text (got "tools") — write it as [tools]',
      ],
    ],
    [
      'text for a truth',
      `${model}policies: { p: { strategy: rules, rules: [{ when: { tools: "yes" }, use: gpt }] } }`,
      [
        'f:7:60 policies.p.rules[0].when.tools: must be true or false, not text (got "yes") — write true or false, without quotes',
      ],
    ],
    [
      'a variable for a number',
      model.replace('base_url:', 'max_concurrency: "${NUMBER}", base_url:'),
      [
        'f:6:60 models.gpt.deployments.one.max_concurrency: must be a number, not text (got "${NUMBER}") — write the number in the file: a variable is always text',
      ],
    ],

    [
      'below a bound',
      model.replace('input: 1', 'input: -1'),
      [
        'f:4:21 models.gpt.price.input: must be at least 0 (got -1) — choose a number from 0 up to 1000000',
      ],
    ],
    [
      'above a bound',
      model.replace('    price:', '    quality: 7\n    price:'),
      ['f:4:14 models.gpt.quality: must be at most 1 (got 7) — choose a number from 0 up to 1'],
    ],
    [
      'on a bound that is excluded',
      model.replace('1000', '0'),
      ['f:3:21 models.gpt.context_window: must be above 0 (got 0) — choose a number above 0'],
    ],
    [
      'an empty list',
      model.replace('    price:', '    endpoints: []\n    price:'),
      [
        'f:4:16 models.gpt.endpoints: must have at least 1 entry (got []) — fill it in, or remove the key',
      ],
    ],
    [
      'empty text',
      model.replace('base_url:', 'model: "", base_url:'),
      [
        'f:6:50 models.gpt.deployments.one.model: must have at least 1 character (got "") — fill it in, or remove the key',
      ],
    ],
    [
      'one of several',
      model.replace('    price:', '    capabilities: [tools, visoin]\n    price:'),
      [
        'f:4:27 models.gpt.capabilities[1]: must be one of tools, json, vision, audio, logprobs (got "visoin") — did you mean "vision"?',
      ],
    ],
    [
      'the start of one of several',
      model.replace('openai-compatible', 'openai'),
      [
        'f:6:24 models.gpt.deployments.one.provider: must be one of openai-compatible, anthropic (got "openai") — did you mean "openai-compatible"?',
      ],
    ],
    [
      'no duration',
      `${model}lease: 5 min`,
      [
        'f:7:8 lease: must be a duration (got "5 min") — write one such as "500ms", "30s", "10m", "24h", "7d"',
      ],
    ],
    [
      'receivers that are none',
      `${model}webhooks: { allow: [hooks.example.com, 'http://x', 10.0.0.0/99] }\n`,
      [
        'f:7:40 webhooks.allow[1]: is neither a host name nor an address or CIDR block (got "http://x") — write hooks.example.com, *.example.com, 10.1.2.3 or 10.0.0.0/8',
        'f:7:52 webhooks.allow[2]: is neither a host name nor an address or CIDR block (got "10.0.0.0/99") — write hooks.example.com, *.example.com, 10.1.2.3 or 10.0.0.0/8',
      ],
    ],
    [
      'durations below what works',
      `${model}lease: 0s\nbreaker: { open_for: 10m }\n`,
      [
        'f:7:8 lease: must be at least 1s (got "0s") — write 1s or more',
        'f:8:1 breaker.max_open_for: must not be below open_for — raise it, or lower open_for',
      ],
    ],
    [
      'a duration that no time can be so far ahead',
      `${model}lease: 999999999d`,
      ['f:7:8 lease: must be at most 365d (got "999999999d") — write 365d or less'],
    ],
    [
      'a number for a duration',
      `${model}lease: 30`,
      [
        'f:7:8 lease: must be text, not a number (got 30) — write text such as "500ms", "30s", "10m", "24h", "7d"',
      ],
    ],
    [
      'no URL',
      model.replace('https://h/v1', 'h/v1'),
      [
        'f:6:53 models.gpt.deployments.one.base_url: must be an http or https URL (got "h/v1") — write it whole: up to and with the version: https://api.openai.com/v1',
      ],
    ],
    [
      'another protocol',
      model.replace('https://h/v1', 'ftp://h/v1'),
      [
        'f:6:53 models.gpt.deployments.one.base_url: must be an http or https URL (got "ftp://h/v1") — write it whole: up to and with the version: https://api.openai.com/v1',
      ],
    ],
    [
      'no expression',
      `${model}policies: { p: { strategy: rules, rules: [{ when: { content: "(" }, use: gpt }] } }`,
      [
        'f:7:62 policies.p.rules[0].when.content: is not a regular expression of RE2: error parsing regexp: missing closing ): `(?i)(` (got "(") — put a backslash before characters that stand for themselves; RE2 knows no look-around and no back-references',
      ],
    ],
    [
      'neither of two types',
      `${model}policies: { p: { strategy: rules, rules: [{ when: { tools: true }, use: 5 }] } }`,
      [
        'f:7:73 policies.p.rules[0].use: must be text or a list, not a number (got 5) — write one of these: models, best first',
      ],
    ],
    [
      'neither of two types, missing',
      `${model}policies: { p: { strategy: rules, rules: [{ when: { tools: true } }] } }`,
      ['f:7:43 policies.p.rules[0].use: is missing — add use: models, best first'],
    ],
    [
      'one of two types, with a fault',
      `${model}policies: { p: { strategy: rules, rules: [{ when: { tools: true }, use: [] }] } }`,
      [
        'f:7:73 policies.p.rules[0].use: must have at least 1 entry (got []) — fill it in, or remove the key',
      ],
    ],
    [
      'no condition',
      `${model}policies: { p: { strategy: rules, rules: [{ when: {}, use: gpt }] } }`,
      [
        'f:7:45 policies.p.rules[0].when: must hold at least one condition — add one, or drop the rule and name its models in `models`',
      ],
    ],
    [
      'an expression with an unknown name',
      `${model}policies: { p: { strategy: rules, rules: [{ when: 'tools && domian == "law"', use: gpt }] } }`,
      [
        `f:7:51 policies.p.rules[0].when: cannot be used, at character 10: unknown variable: domian (got "tools && domian == \\"law\\"") — did you mean "domain"?`,
      ],
    ],
    [
      'an expression that can never hold',
      `${model}policies: { p: { strategy: rules, rules: [{ when: 'lane == "fast"', use: gpt }] } }`,
      [
        `f:7:51 policies.p.rules[0].when: cannot be used, at character 9: lane is never "fast" (got "lane == \\"fast\\"") — there are: interactive, standard, bulk`,
      ],
    ],
    [
      'an expression with several faults',
      `${model}policies: { p: { strategy: rules, rules: [{ when: 'lane == "fast" && complexity > 2.0', use: gpt }] } }`,
      [
        `f:7:51 policies.p.rules[0].when: cannot be used, at character 9: lane is never "fast" (got "lane == \\"fast\\" && complexity > 2.0") — there are: interactive, standard, bulk`,
        `f:7:51 policies.p.rules[0].when: cannot be used, at character 32: complexity is never > 2 (got "lane == \\"fast\\" && complexity > 2.0") — complexity is from 0 to 1`,
      ],
    ],
    [
      'an expression that ends too early',
      `${model}policies: { p: { strategy: rules, rules: [{ when: 'tokens >', use: gpt }] } }`,
      [
        'f:7:51 policies.p.rules[0].when: cannot be used, at character 9: unexpected token: EOF (got "tokens >") — complete it, and put text in double quotes',
      ],
    ],
    [
      'a condition that is neither',
      `${model}policies: { p: { strategy: rules, rules: [{ when: 5, use: gpt }] } }`,
      [
        'f:7:51 policies.p.rules[0].when: must be a mapping or text, not a number (got 5) — write one of these: an expression such as domain == "law" && complexity > 0.6, or conditions that must all hold',
      ],
    ],
    [
      'semantic without routes',
      `${model}policies: { p: { strategy: semantic } }`,
      [
        'f:7:13 policies.p.semantic: is missing: the strategy `semantic` needs it — add semantic with embeddings and routes, or choose another strategy',
      ],
    ],
    [
      'a model that does not embed, and routes to nowhere',
      `${model}policies: { p: { strategy: semantic, semantic: { embeddings: gpt, routes: { "a b": { utterances: [hi], use: gtp } } } } }`,
      [
        'f:7:62 policies.p.semantic.embeddings: names a model that does not serve /v1/embeddings (got "gpt") — name another, or add /v1/embeddings to its endpoints',
        'f:7:77 policies.p.semantic.routes."a b": is not a name: it must be letters, digits and . _ : / @ + - only, at most 128, starting with a letter or digit — rename it',
        'f:7:109 policies.p.semantic.routes."a b".use: names no model of this configuration (got "gtp") — did you mean "gpt"?',
      ],
    ],
    [
      'an unknown model for embeddings, and routes without utterances',
      `${model}policies: { p: { strategy: semantic, semantic: { embeddings: gtp, routes: { a: { utterances: [], use: gpt } } } } }`,
      [
        'f:7:62 policies.p.semantic.embeddings: names no model of this configuration (got "gtp") — did you mean "gpt"?',
        'f:7:94 policies.p.semantic.routes.a.utterances: must have at least 1 entry (got []) — fill it in, or remove the key',
      ],
    ],
    [
      'a share on its upper bound',
      `${model}policies: { p: { strategy: predictive, target_share: { share: 1 } } }`,
      [
        'f:7:63 policies.p.target_share.share: must be below 1 (got 1) — choose a number above 0 below 1',
      ],
    ],
    [
      'numbers for a preference',
      `${model}policies: { p: { strategy: predictive, prefer: { usd: -1, second: 1 } } }`,
      ['f:7:55 policies.p.prefer.usd: must be at least 0 (got -1) — choose a number from 0'],
    ],
    [
      'a domain that there is not',
      model.replace('    price:', '    domain_quality: { cooking: 0.5 }\n    price:'),
      [
        expect.stringMatching(
          /^f:4:23 models.gpt.domain_quality.cooking: is not a known key — remove it; known here: biology, /,
        ),
      ],
    ],
    [
      'headers that cannot be sent',
      model.replace('base_url:', 'headers: { "X Title": a, X-Two: "a\\nb" }, base_url:'),
      [
        expect.stringMatching(
          /headers."X Title": is not a valid key: it must be the name of an HTTP header/,
        ),
        expect.stringMatching(
          /headers.X-Two: must be one line, of characters that a header can hold/,
        ),
      ],
    ],
    [
      'a model named auto',
      model.replace('gpt:', 'auto:'),
      ['f:2:3 models.auto: cannot be asked for: `auto` means default_policy — rename the model'],
    ],
    [
      'a target share under another strategy',
      `${model}policies: { p: { strategy: cheapest, target_share: { share: 0.3 } } }`,
      [
        'f:7:38 policies.p.target_share: has no effect: it is for the strategy `predictive` — choose `predictive`, or remove it',
      ],
    ],
    [
      'what its strategy never looks at',
      `${model}policies: { p: { strategy: fastest, explore: 0.1, prefer: quality, rules: [{ when: { tools: true }, use: gpt }] } }`,
      [
        'f:7:46 policies.p.explore: has no effect: it is for the strategy `predictive` (got 0.1) — choose `predictive`, or remove it',
        'f:7:59 policies.p.prefer: has no effect: it is for the strategy `predictive` (got "quality") — choose `predictive`, or remove it',
        'f:7:75 policies.p.rules: has no effect: it is for the strategy `rules` — choose `rules`, or remove it',
      ],
    ],
    [
      'what is for when no rule matches, without rules',
      `${model}policies: { p: { strategy: fastest, otherwise: predictive }, q: { strategy: rules, rules: [{ when: { tools: true }, use: gpt }], otherwise: predictive, prefer: quality } }`,
      [
        'f:7:48 policies.p.otherwise: has no effect: it is for the strategy `rules` or `semantic` (got "predictive") — choose `rules` or `semantic`, or remove it',
      ],
    ],
    [
      'a budget beside a target share',
      `${model}policies: { p: { strategy: predictive, target_share: { share: 0.3 }, budget: { usd_per_day: 5 } } }`,
      [
        'f:7:70 policies.p.budget: cannot be held beside a target_share: each of the two decides who gets the dear models — remove one, or make two policies',
      ],
    ],
    [
      'a target share of an unknown model',
      `${model}policies: { p: { strategy: predictive, target_share: { share: 0.3, models: [x] } } }`,
      [
        'f:7:77 policies.p.target_share.models[0]: names no model of this configuration (got "x") — there are: gpt',
      ],
    ],
    [
      'rules without rules',
      `${model}policies: { p: { strategy: rules } }`,
      [
        'f:7:13 policies.p.rules: is missing: the strategy `rules` needs it — add rules, or choose another strategy',
      ],
    ],

    [
      'a bad name',
      model.replace('gpt:', 'my model:'),
      [
        'f:2:3 models."my model": is not a name: it must be letters, digits and . _ : / @ + - only, at most 128, starting with a letter or digit — rename it',
      ],
    ],
    [
      'a bad name, and faults below it',
      model.replace('one:', '"":').replace('openai-compatible', 'x'),
      [
        'f:6:7 models.gpt.deployments."": is not a name: it must be letters, digits and . _ : / @ + - only, at most 128, starting with a letter or digit — rename it',
        'f:6:23 models.gpt.deployments."".provider: must be one of openai-compatible, anthropic (got "x") — choose one of them',
      ],
    ],
    [
      'an unknown model in a policy',
      `${model}policies: { p: { strategy: cheapest, models: [gtp, llama] } }`,
      [
        'f:7:47 policies.p.models[0]: names no model of this configuration (got "gtp") — did you mean "gpt"?',
        'f:7:52 policies.p.models[1]: names no model of this configuration (got "llama") — there are: gpt',
      ],
    ],
    [
      'an unknown model in a rule',
      `${model}policies: { p: { strategy: rules, rules: [{ when: { tools: true }, use: [gpt, x] }] } }`,
      [
        'f:7:79 policies.p.rules[0].use[1]: names no model of this configuration (got "x") — there are: gpt',
      ],
    ],
    [
      'an unknown policy',
      `${model}default_policy: atuo`,
      [
        'f:7:17 default_policy: names no policy of this configuration (got "atuo") — did you mean "auto"?',
      ],
    ],
    [
      'a policy named like a model',
      `${model}policies: { gpt: { strategy: cheapest } }`,
      [
        'f:7:13 policies.gpt: has the name of a model: callers could not tell them apart — rename the policy',
      ],
    ],
    [
      'unknown names beside other faults',
      `${model.replace('1000', '1.5')}default_policy: fast`,
      [
        'f:3:21 models.gpt.context_window: must be a whole number (got 1.5) — round it',
        'f:7:17 default_policy: names no policy of this configuration (got "fast") — there are: auto',
      ],
    ],

    [
      'a variable that is not set',
      model.replace('base_url:', 'api_key: "${NOPE}", base_url:'),
      [
        'f:6:52 models.gpt.deployments.one.api_key: names the environment variable NOPE, which is not set (got "${NOPE}") — set NOPE where this is started, or remove the key',
      ],
    ],
    [
      'a variable that is empty',
      model.replace('https://h/v1', '"${EMPTY}"'),
      [
        'f:6:53 models.gpt.deployments.one.base_url: names the environment variable EMPTY, which is empty (got "${EMPTY}") — set EMPTY where this is started, or remove the key',
      ],
    ],
    [
      'a variable with a line break',
      model.replace('base_url:', 'api_key: "${LINES}", base_url:'),
      [
        'f:6:52 models.gpt.deployments.one.api_key: names the environment variable LINES, which holds a line break or control character (got "${LINES}") — set LINES again without it',
      ],
    ],
    [
      'a default in a reference',
      model.replace('base_url:', 'api_key: "${KEY:-x}", base_url:'),
      [
        'f:6:52 models.gpt.deployments.one.api_key: holds a reference that is not of the form ${NAME} (got "${KEY:-x}") — name one environment variable, without a default; for the characters write $${',
      ],
    ],
    [
      'a reference that does not end',
      model.replace('base_url:', 'model: "${KEY", base_url:'),
      [
        'f:6:50 models.gpt.deployments.one.model: holds a reference that is not of the form ${NAME} (got "${KEY") — name one environment variable, without a default; for the characters write $${',
      ],
    ],

    [
      'a secret in the file',
      model.replace('base_url:', 'api_key: sk-123456, base_url:'),
      [
        'f:6:52 models.gpt.deployments.one.api_key: is a secret written into the file (got a hidden value) — put it into the environment and write ${ONE_API_KEY} here',
      ],
    ],
    [
      'a secret header',
      model.replace(
        'base_url:',
        'headers: { Authorization: Bearer 123456, X-Title: ok }, base_url:',
      ),
      [
        'f:6:69 models.gpt.deployments.one.headers.Authorization: is a secret written into the file (got a hidden value) — put it into the environment and write ${ONE_API_KEY} here',
      ],
    ],
    [
      'a password in a URL',
      model.replace('https://h/v1', 'https://me:hunter2@h/v1'),
      [
        'f:6:53 models.gpt.deployments.one.base_url: holds a user name or password (got "https://[redacted]@h/v1") — leave it out, and use api_key or headers',
      ],
    ],

    [
      'a key that stands twice',
      `${model}lease: 30s\nlease: 40s`,
      ['f:8:1 lease: stands there twice — keep one of the two'],
    ],
    [
      'a nested key that stands twice',
      model.replace('input: 1', 'input: 1, input: 3'),
      ['f:4:24 models.gpt.price.input: stands there twice — keep one of the two'],
    ],
    [
      'a key twice, beside other faults',
      `${model}lease: 30s\nlease: x`,
      [
        'f:8:1 lease: stands there twice — keep one of the two',
        'f:8:8 lease: must be a duration (got "x") — write one such as "500ms", "30s", "10m", "24h", "7d"',
      ],
    ],
    [
      'a tab',
      'models:\n\tgpt: 1',
      [
        'f:2:1 is not valid YAML: Tabs are not allowed as indentation — correct the YAML: indent by spaces; text with ": " or " #" needs quotes',
      ],
    ],
    [
      'a reference in braces without quotes',
      'models: { gpt: ${KEY} }',
      [
        'f:1:17 is not valid YAML: Unexpected flow-map-start at node end — within { } and [ ] put references in quotes: "${NAME}"',
      ],
    ],
    [
      'a quote that does not end',
      'lease: "30s',
      [expect.stringMatching(/^f:1:12 is not valid YAML: Missing closing "quote — /)],
    ],
    [
      'two documents',
      `${model}---\nlease: 1s`,
      ['f:7:1 begins a second document — keep one: remove the line "---"'],
    ],
    [
      'an alias to nothing',
      'lease: *nowhere',
      [expect.stringMatching(/^f:1:8 is not valid YAML: Unresolved alias/)],
    ],
    [
      'an unknown tag',
      `${model}lease: !secret 30s`,
      [expect.stringMatching(/^f:7:8 is not valid YAML: Unresolved tag: !secret/)],
    ],
  ])('%s', (_, text, expected) => {
    expect(faultsOf(text)).toEqual(expected)
  })

  it('of one file, all at once and in its order', () => {
    const faults = faultsOf(`
models:
  gpt-4.1:
    context_window: none
    deployments:
      a b: { provider: anthropic, base_url: "\${NOPE}", api_key: sk-1, timeout: 3 }
policies:
  p: { strategy: rulez, models: [x] }
retri: {}
`)
    expect(faults.map(fault => fault.replace(/: (is|must|names|has) .*/, ''))).toEqual([
      'f:3:3 models."gpt-4.1".price',
      'f:4:21 models."gpt-4.1".context_window',
      'f:6:7 models."gpt-4.1".deployments."a b"',
      'f:6:45 models."gpt-4.1".deployments."a b".base_url',
      'f:6:65 models."gpt-4.1".deployments."a b".api_key',
      'f:6:80 models."gpt-4.1".deployments."a b".timeout',
      'f:8:18 policies.p.strategy',
      'f:8:34 policies.p.models[0]',
      'f:9:1 retri',
    ])
  })

  it('never shows a secret', () => {
    const faults = faultsOf(
      model.replace(
        'base_url:',
        'api_key: "${KEY}x", headers: { X-Token: abc123 }, max_concurrency: "${KEY}", base_url:',
      ),
    ).join()
    expect(faults).toContain('max_concurrency')
    expect(faults).not.toMatch(/sk-from-env|abc123/)
  })

  it('cuts a long value', () => {
    const [fault] = faultsOf(`${model}lease: ${'x'.repeat(500)}`)
    expect(fault?.length).toBeLessThan(250)
  })

  it('refuses a file that grows by its aliases', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]'
        : `a${level}: &a${level} [${Array(8)
            .fill(`*a${level - 1}`)
            .join(', ')}]`,
    )
    expect(faultsOf(levels.join('\n'))).toEqual([
      'f:1:1 uses more aliases than a configuration needs — write the values out',
    ])
  })
})
