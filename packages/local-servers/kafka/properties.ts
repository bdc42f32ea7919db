export interface KafkaListeners {
  port: number
  controllerPort: number
  behindProxy?: { port: number; proxyPort: number }
}

/**
 * One node that is broker and controller. Internal topics have one partition
 * and one replica, groups do not wait for more members, topics are made by name
 * only, and a broker that was killed is let back in after three seconds.
 */
export function serverProperties(
  logDir: string,
  { port, controllerPort, behindProxy }: KafkaListeners,
): Record<string, string> {
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`, `CONTROLLER://127.0.0.1:${controllerPort}`]
  const advertised = [`PLAINTEXT://127.0.0.1:${port}`]
  if (behindProxy) {
    listeners.push(`PROXIED://127.0.0.1:${behindProxy.port}`)
    advertised.push(`PROXIED://127.0.0.1:${behindProxy.proxyPort}`)
  }
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT',
    listeners: listeners.join(','),
    'advertised.listeners': advertised.join(','),
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
