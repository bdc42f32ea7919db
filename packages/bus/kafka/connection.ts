export interface KafkaTls {
  /** Certificates of the authorities to trust, PEM. */
  ca?: string
  /** Certificate and key of this client, PEM. */
  cert?: string
  key?: string
  /** Default true. */
  rejectUnauthorized?: boolean
}

export interface KafkaSasl {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  username: string
  password: string
}

export interface KafkaConnection {
  /** `host:port` of brokers to begin with; the others are learned from them. */
  brokers: readonly string[]
  clientId: string
  /** True: with the authorities that Node knows. */
  tls?: boolean | KafkaTls
  sasl?: KafkaSasl
}
