import { tlsFaultOf } from '@longhaul/contracts'

const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)/

/** Of a connection without TLS that ends before anything was heard. */
export const UNANSWERED =
  'Redis closes the connection without an answer; it may expect TLS — let REDIS_URL begin with rediss://'

/** What settings have to do with a failure, and which one mends it; undefined when it is none of theirs. */
export function linkFault(error: NodeJS.ErrnoException, url: string): string | undefined {
  const { code, message } = error
  if (REFUSED.test(message)) return `${message} — correct the user and password in REDIS_URL`
  switch (tlsFaultOf(error)) {
    case 'untrusted':
      return `the certificate of Redis is of no authority that is trusted here (${code}) — let REDIS_TLS_CA_FILE name that authority's`
    case 'out-of-date':
      return `the certificate of Redis is out of date (${code}) — renew it`
    case 'other-name':
      return 'the certificate of Redis is for another name — let REDIS_URL use a name that is in it'
    case 'client-refused':
      return `Redis wants a certificate of this client that it trusts (${code}) — let REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE name one`
    case 'no-tls':
      return `Redis does not speak TLS with us (${code}) — let REDIS_URL name its port for TLS, or begin with redis://`
    case undefined:
      // Without TLS it takes the greeting for the beginning of a command, and waits for the rest.
      if (code !== 'ETIMEDOUT' || !url.startsWith('rediss:')) return undefined
      return `${message}; Redis may not speak TLS there — let REDIS_URL name its port for TLS, or begin with redis://`
  }
}
