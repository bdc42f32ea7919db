export interface KafkaListener {
  /** Of 127.0.0.1. */
  port: number
  /** Where its clients are told to come back; default `port`. */
  advertisedPort?: number
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'
}

/** The nodes of a cluster, all of them brokers and controllers. */
export interface KafkaQuorum {
  /** Of this node; from 1 on. */
  nodeId: number
  /** Of each node, the first one's first. */
  controllerPorts: readonly number[]
}

export interface KafkaListeners {
  port: number
  controllerPort: number
  /** Beside PLAINTEXT on `port`, by name. */
  others?: Record<string, KafkaListener>
  /** Default: this node alone. */
  quorum?: KafkaQuorum
}

/**
 * A node that is broker and controller. Internal topics have one partition
 * and one replica, groups do not wait for more members, topics are made by name
 * only, and a broker that was killed is let back in after three seconds.
 */
export function serverProperties(
  logDir: string,
  { port, controllerPort, others = {}, quorum }: KafkaListeners,
): Record<string, string> {
  const { nodeId, controllerPorts } = quorum ?? { nodeId: 1, controllerPorts: [controllerPort] }
  const clients = Object.entries({ PLAINTEXT: { port, protocol: 'PLAINTEXT' } as const, ...others })
  const addresses = (portOf: (listener: KafkaListener) => number) =>
    clients.map(([name, listener]) => `${name}://127.0.0.1:${portOf(listener)}`)
  return {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    'controller.quorum.voters': controllerPorts
      .map((voter, index) => `${index + 1}@127.0.0.1:${voter}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...clients.map(([name, { protocol }]) => `${name}:${protocol}`),
    ].join(','),
    listeners: [
      ...addresses(listener => listener.port),
      `CONTROLLER://127.0.0.1:${controllerPort}`,
    ].join(','),
    'advertised.listeners': addresses(listener => listener.advertisedPort ?? listener.port).join(
      ',',
    ),
    'log.dirs': logDir,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'log.cleaner.dedupe.buffer.size': String(2 << 20),
    'num.network.threads': '2',
    'num.io.threads': '4',
  }
}
