import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { LocalKafka } from '@longhaul/local-servers'
import { Authority, type Issued } from './authority.ts'

export const USER = 'longhaul'
/** As people choose them: with what has a meaning in addresses and settings. */
export const PASSWORD = 's3cret-of=the%2Fbroker'

/** A broker with a listener for each way of speaking to it; `host:port` of each. */
export interface SecureKafka {
  plaintext: string
  /** SASL over TLS, with all mechanisms. */
  saslSsl: string
  /** TLS with client certificates. */
  mutual: string
  /** SASL without TLS. */
  saslPlaintext: string
  authority: Authority
  client: Issued
  end(): Promise<void>
}

export async function startSecureKafka(): Promise<SecureKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-secure-kafka-'))
  const authority = await Authority.make(join(folder, 'certificates'))
  const server = await authority.issue('broker', ['DNS:localhost', 'IP:127.0.0.1'])
  const client = await authority.issue('client')
  const [saslSsl, mutual, saslPlaintext] = [await freePort(), await freePort(), await freePort()]
  const kafka = new LocalKafka({
    dataDir: folder,
    listeners: {
      SECURE: { port: saslSsl, protocol: 'SASL_SSL' },
      MUTUAL: { port: mutual, protocol: 'SSL' },
      SASL: { port: saslPlaintext, protocol: 'SASL_PLAINTEXT' },
    },
    properties: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': server.both,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.ca,
      'listener.name.mutual.ssl.client.auth': 'required',
      // Whoever is not forbidden something may do it; who comes without a name gives the rights.
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
      'super.users': 'User:ANONYMOUS',
      ...saslOf('secure'),
      ...saslOf('sasl'),
    },
    scramUsers: (['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map(mechanism => ({
      mechanism,
      name: USER,
      password: PASSWORD,
    })),
  })
  const end = async () => {
    await kafka.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
  try {
    await kafka.start()
  } catch (error) {
    await end()
    throw error
  }
  const at = (port: number) => `127.0.0.1:${port}`
  return {
    plaintext: kafka.brokers.join(','),
    ...{ saslSsl: at(saslSsl), mutual: at(mutual), saslPlaintext: at(saslPlaintext) },
    ...{ authority, client, end },
  }
}

function saslOf(listener: string): Record<string, string> {
  const own = `listener.name.${listener}`
  const security = 'org.apache.kafka.common.security'
  return {
    [`${own}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${own}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
    [`${own}.scram-sha-256.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    [`${own}.scram-sha-512.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
  }
}
