import { describeAddresses, describeFirstSteps, describeResumed } from '../start-message.ts'
import type { Cluster } from './cluster.ts'

/** What a start of a cluster tells people; each process with its address, since that has its health and metrics. */
export function describeCluster(cluster: Cluster, givenKey: string | undefined): string {
  const { servers, newKey } = cluster
  const { described } = servers
  const [url = '', ...others] = cluster.urls
  const lines = [
    `Longhaul is ready at ${cluster.urls.join(', ')}`,
    '',
    ...describeAddresses(url),
    ...(others.length > 0 ? [`  Also at     ${others.join(', ')}`] : []),
    `  Data        ${cluster.dataDir}`,
    `  PostgreSQL  ${described.database}`,
    `  Kafka       ${described.kafka}`,
    `  Redis       ${described.redis}`,
    `  Models      ${cluster.source}`,
    ...describeResumed(cluster.resumed, servers.orphan),
    '',
    'Processes, each with /readyz and /metrics:',
    '',
    ...cluster.members.map(
      ({ name, pid, origin }) => `  ${name.padEnd(12)}  ${origin}  pid ${pid}`,
    ),
    '',
    ...describeFirstSteps(url, newKey, givenKey),
  ]
  return lines.join('\n')
}
