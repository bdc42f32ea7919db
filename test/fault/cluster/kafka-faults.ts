import { setTimeout as delay } from 'node:timers/promises'
import { lanes, modelTopic, SUBMITTED_TOPIC } from '@longhaul/contracts'
import { Kafka, logLevel } from 'kafkajs'
import { MODELS } from '../surroundings.ts'
import { type ClusterSurroundings, PARTITIONS, PROXIED_WORKER } from './surroundings.ts'
import { type ClusterScenario, underLoad } from './trial.ts'

const LATENCY_MS = 200
const RECOVERY_MS = 60_000
const POLL_MS = 100

/** The network between one worker and Kafka is slow, and then gone, while that worker goes on calling. */
export const cutNetwork: ClusterScenario = (surroundings, { jobs, seed, outageMs }) =>
  underLoad(surroundings, {
    title: 'the network between a worker and Kafka is slow, and cut',
    name: 'network',
    seed,
    load: { jobs },
    async disturb({ load, figures }) {
      const { proxy, cluster } = surroundings
      await load.reached(Math.floor(jobs / 4))
      proxy.delay(LATENCY_MS)
      await load.reached(Math.floor(jobs / 2))
      proxy.delay(0)
      proxy.cut()
      await delay(1.5 * outageMs)
      figures['accepted when it was mended'] = load.accepted.size
      proxy.mend()
      await cluster.named(PROXIED_WORKER).untilReady(RECOVERY_MS)
    },
  })

/** Topics are deleted while jobs are on them, and created again, empty. */
export const deleteTopics: ClusterScenario = (surroundings, { jobs, seed }) =>
  underLoad(surroundings, {
    title: 'topics are deleted and created again',
    name: 'topics',
    seed,
    load: { jobs },
    async disturb({ load, figures }) {
      await load.reached(Math.floor(jobs / 3))
      const deletedAt = performance.now()
      await deleteAndCreate(surroundings)
      figures['ms until they were there again'] = Math.round(performance.now() - deletedAt)
      await load.reached(jobs)
      figures['ms until all were accepted'] = Math.round(performance.now() - deletedAt)
    },
  })

/** All that jobs travel through; a service may be faster at creating some of them again. */
async function deleteAndCreate({ cluster }: ClusterSurroundings): Promise<void> {
  const admin = new Kafka({ brokers: cluster.kafka.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const modelTopics = MODELS.flatMap(model => lanes.map(lane => modelTopic(model, lane)))
    const topics = [SUBMITTED_TOPIC, ...modelTopics]
    await admin.deleteTopics({ topics })
    const isThere = async (topic: string) => (await admin.listTopics()).includes(topic)
    for (const topic of topics) {
      while (!(await isThere(topic))) {
        const created = { topic, numPartitions: PARTITIONS, replicationFactor: 1 }
        await admin.createTopics({ topics: [created] }).catch(() => false)
        await delay(POLL_MS)
      }
    }
  } finally {
    await admin.disconnect()
  }
}
