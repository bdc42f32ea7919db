import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import {
  checkAllowEntries,
  createReceiverPolicy,
  ReceiverPrivateError,
  type Resolve,
} from './receiver-policy.ts'

const strict = createReceiverPolicy([])

describe('checkUrl', () => {
  it.each([
    'https://example.com/hooks',
    'http://example.com:8080/hooks?a=b#c',
    'HTTPS://EXAMPLE.COM/',
    'https://bücher.example/',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::8.8.8.8]/',
    'https://localhost.example.com/',
    'https://notlocal/',
    'https://internal.example.com./',
  ])('takes %s', url => {
    expect(strict.checkUrl(url)).toEqual({ ok: true, url: new URL(url) })
  })

  it.each([
    '',
    'example.com',
    '/hooks',
    '//example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http:example.com',
    'http:/example.com',
    'http://',
    'http:///path',
    'http://?x',
    'http://.',
    'http://\\example.com',
    ' https://example.com/',
    'https://example.com/a b',
    'https://exam\nple.com/',
    'https://example.com/\t',
    'https://example.com:99999/',
    'https://exa mple.com/',
    'https://1.2.3.4.5/',
    'https://[::1/',
    'https://user@example.com/',
    'https://user:secret@example.com/',
    'https://:secret@example.com/',
  ])('calls %j invalid', url => {
    expect(strict.checkUrl(url)).toMatchObject({ ok: false, reason: 'invalid' })
  })

  it.each([
    // Loopback in every notation that a URL parser takes.
    'http://127.0.0.1/',
    'http://127.0.0.1./',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://%31%32%37.0.0.1/',
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[::7f00:1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b::a00:1]/',
    'http://[64:ff9b:1::a00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2002:a00:1::1]/',
    'http://[2001:0:0a00:1::]/',
    'http://[::ffff:0:127.0.0.1]/',
    // This network, and what is no network at all.
    'http://0.0.0.0/',
    'http://0/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.1.1/',
    'http://192.0.0.1/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fd12:3456::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[4000::1]/',
    // Clouds.
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://100.100.100.200/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:168.63.129.16]/',
    'http://metadata.google.internal/',
    // Names.
    'http://localhost/',
    'http://LOCALHOST:3000/',
    'http://localhost./',
    'http://a.localhost/',
    'http://printer.local/',
    'http://db.internal/',
    'http://ｌocalhost/',
  ])('calls %s private', url => {
    expect(strict.checkUrl(url)).toMatchObject({ ok: false, reason: 'private' })
  })

  it('says what is wrong and who can change it', () => {
    expect(strict.checkUrl('http://localhost:3000/')).toMatchObject({
      message: 'localhost is not a public host; an operator can add "localhost" to webhooks.allow',
    })
    expect(strict.checkUrl('http://[::7f00:1]/')).toMatchObject({
      message: '::7f00:1 is not a public address; an operator can add "::7f00:1" to webhooks.allow',
    })
  })

  it.each([
    [['127.0.0.1'], 'http://127.0.0.1:4000/'],
    [['127.0.0.0/8'], 'http://127.1/'],
    [['127.0.0.0/8'], 'http://[::ffff:127.0.0.1]/'],
    [['10.0.0.0/8'], 'http://[64:ff9b::10.1.2.3]/'],
    [['::1'], 'http://[::1]/'],
    [['fd00::/8'], 'http://[fd00:ec2::254]/'],
    [['168.63.129.16/32'], 'http://168.63.129.16/'],
    [['localhost'], 'http://localhost:3000/'],
    [['LocalHost'], 'http://LOCALHOST./'],
    [['*.internal'], 'http://a.b.internal/'],
    [['hooks.local'], 'http://hooks.local/'],
  ])('with %j allowed takes %s', (allow, url) => {
    expect(createReceiverPolicy(allow).checkUrl(url)).toMatchObject({ ok: true })
  })

  it.each([
    [['127.0.0.1'], 'http://127.0.0.2/'],
    [['127.0.0.0/8'], 'http://localhost/'],
    [['127.0.0.0/8'], 'http://[::1]/'],
    [['localhost'], 'http://127.0.0.1/'],
    [['localhost'], 'http://a.localhost/'],
    [['*.internal'], 'http://internal/'],
    [['hooks.local'], 'http://xhooks.local/'],
  ])('with %j allowed still refuses %s', (allow, url) => {
    expect(createReceiverPolicy(allow).checkUrl(url)).toMatchObject({
      ok: false,
      reason: 'private',
    })
  })
})

describe('allowsAddress', () => {
  it.each([
    ['8.8.8.8', true],
    ['2606:4700:4700::1111', true],
    ['::ffff:8.8.8.8', true],
    ['64:ff9b::808:808', true],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::a00:1', false],
    ['::7f00:1', false],
    ['168.63.129.16', false],
    ['fe80::1%eth0', false],
    ['', false],
    ['example.com', false],
    ['0x7f.1', false],
  ])('%s: %s', (ip, expected) => {
    expect(strict.allowsAddress(ip)).toBe(expected)
  })
})

describe('lookup', () => {
  const v4 = (address: string): LookupAddress => ({ address, family: 4 })
  const v6 = (address: string): LookupAddress => ({ address, family: 6 })

  it('hands out the answers when all are public', async () => {
    const answers = [v4('8.8.8.8'), v6('2606:4700::1')]
    const { lookup } = policyResolving(answers)

    expect(await ask(lookup, 'example.com', { all: true })).toEqual([answers, undefined])
    expect(await ask(lookup, 'example.com', {})).toEqual(['8.8.8.8', 4])
  })

  it.each([
    ['the only one', [v4('10.0.0.1')]],
    ['the last one', [v4('8.8.8.8'), v6('2606:4700::1'), v4('127.0.0.1')]],
    ['mapped', [v6('::ffff:192.168.0.1')]],
    ['a cloud service', [v4('168.63.129.16')]],
  ])('refuses when a private answer is %s', async (_, answers) => {
    const { lookup } = policyResolving(answers)

    for (const options of [{ all: true }, {}]) {
      await expect(ask(lookup, 'example.com', options)).rejects.toThrow(ReceiverPrivateError)
      await expect(ask(lookup, 'example.com', options)).rejects.toMatchObject({
        code: 'receiver_private',
      })
    }
  })

  it('takes any answer of a name that is allowed, and allowed answers of any name', async () => {
    const answers = [v4('10.0.0.1')]

    for (const allow of [['hooks.corp'], ['*.corp'], ['10.0.0.0/8']]) {
      const { lookup } = policyResolving(answers, allow)
      expect(await ask(lookup, 'hooks.corp', { all: true })).toEqual([answers, undefined])
    }
    const { lookup } = policyResolving(answers, ['hooks.corp'])
    await expect(ask(lookup, 'other.corp', { all: true })).rejects.toThrow(ReceiverPrivateError)
  })

  it('passes on that a name does not resolve', async () => {
    await expect(ask(policyResolving([]).lookup, 'example.com', {})).rejects.toMatchObject({
      code: 'ENOTFOUND',
    })
    const failing: Resolve = (_, __, callback) =>
      callback(Object.assign(new Error('try again'), { code: 'EAI_AGAIN' }), [])
    const { lookup } = createReceiverPolicy([], { resolve: failing })
    await expect(ask(lookup, 'example.com', {})).rejects.toMatchObject({ code: 'EAI_AGAIN' })
  })

  it('asks the system when told of no resolver', async () => {
    await expect(ask(strict.lookup, 'localhost', { all: true })).rejects.toThrow(
      ReceiverPrivateError,
    )
  })

  function policyResolving(answers: LookupAddress[], allow: string[] = []) {
    return createReceiverPolicy(allow, {
      resolve: (_, __, callback) => setImmediate(callback, null, answers),
    })
  }

  function ask(lookup: LookupFunction, host: string, options: { all?: boolean }) {
    return new Promise<unknown[]>((resolve, reject) => {
      lookup(host, options, (error, address, family) => {
        if (error) reject(error)
        else resolve([address, family])
      })
    })
  }
})

describe('checkAllowEntries', () => {
  it('takes names, addresses and blocks', () => {
    const allow = [
      'localhost',
      'hooks.example.com',
      '*.example.com',
      'bücher.example',
      'my_service.corp',
      '127.0.0.1',
      '10.0.0.0/8',
      '10.1.2.3/8',
      '::1',
      'fd00::/8',
      '0.0.0.0/0',
    ]
    expect(checkAllowEntries(allow)).toEqual([])
  })

  it.each([
    '',
    '*',
    '*.',
    '*.*.example.com',
    'a.*.example.com',
    'http://localhost',
    'localhost:3000',
    'example.com/path',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    '127.1',
    '1.2.3.4.5',
    '[::1]',
    '-a.example',
    'user@example.com',
  ])('names %j as a fault', entry => {
    expect(checkAllowEntries(['localhost', entry])).toEqual([
      expect.stringContaining(`"${entry}" is neither`),
    ])
    expect(() => createReceiverPolicy([entry])).toThrow(TypeError)
  })
})
