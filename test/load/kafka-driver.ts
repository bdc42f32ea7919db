/** The Kafka driver alone, beside plain kafkajs in the same run: `npm run bench:kafka`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LocalKafka } from '@longhaul/local-servers'
import Table from 'cli-table3'
import { Kafka, logLevel } from 'kafkajs'
import { Child } from '../processes/child.ts'
import { named } from './contender.ts'
import { BEGUN, type DriverFigures, type DriverTask } from './driver-task.ts'
import { cpuSeconds } from './process-usage.ts'

const PROGRAM = fileURLToPath(new URL('./programs/driver.ts', import.meta.url))
const TOPIC = 'bench'
/** The default of `kafka.partitions`. */
const PARTITIONS = 6
const TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 5_000
const MICROSECONDS = 1e6
/** One caller waits for each acknowledgement: fewer do. */
const SINGLE_CALLER_SHARE = 0.2

interface Row {
  name: string
  task: Omit<DriverTask, 'brokers' | 'topic'>
  /** The name of the row that it is compared with. */
  beside?: string
}

interface Measured {
  perSecond: number
  cpuUs: number
  brokerCpuUs: number
}

const { values } = parseArgs({ options: { messages: { type: 'string', default: '40000' } } })
const messages = Number(values.messages)
if (!Number.isInteger(messages) || messages < 1_000) {
  throw new Error('--messages must be a number from 1,000')
}

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const folder = mkdtempSync(join(tmpdir(), 'longhaul-driver-'))
const kafka = new LocalKafka({ dataDir: folder })
try {
  await kafka.start()
  await createTopic()
  const measured = new Map<string, Measured>()
  const table = new Table({
    head: ['1 KB messages', 'per second', 'CPU µs, client', 'CPU µs, broker', 'beside kafkajs'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const row of rows()) {
    console.log(row.name)
    const figures = await run(row)
    measured.set(row.name, figures)
    const other = row.beside === undefined ? undefined : measured.get(row.beside)
    table.push([
      row.name,
      Math.round(figures.perSecond).toLocaleString('en'),
      figures.cpuUs.toFixed(1),
      figures.brokerCpuUs.toFixed(1),
      other ? ratios(figures, other) : '',
    ])
  }
  console.log(table.toString())
} finally {
  await kafka.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** What is compared follows what it is compared with. */
function rows(): Row[] {
  const publishing = (
    client: DriverTask['client'],
    callers: number,
    perSend = 1,
  ): Pick<Row, 'task'> => ({
    task: {
      client,
      messages: callers * perSend === 1 ? Math.ceil(messages * SINGLE_CALLER_SHARE) : messages,
      work: { kind: 'publish', callers, perSend },
    },
  })
  const consuming = (client: DriverTask['client']): Pick<Row, 'task'> => ({
    task: { client, messages, work: { kind: 'consume', group: client } },
  })
  return [
    { name: 'kafkajs: 1 caller, one a send', ...publishing('kafkajs', 1) },
    {
      name: 'Longhaul: 1 caller',
      ...publishing('longhaul', 1),
      beside: 'kafkajs: 1 caller, one a send',
    },
    { name: 'kafkajs: 100 callers, one a send', ...publishing('kafkajs', 100) },
    {
      name: 'Longhaul: 100 callers',
      ...publishing('longhaul', 100),
      beside: 'kafkajs: 100 callers, one a send',
    },
    { name: 'kafkajs: 1 caller, 100 a send', ...publishing('kafkajs', 1, 100) },
    {
      name: 'Longhaul: 500 callers',
      ...publishing('longhaul', 500),
      beside: 'kafkajs: 1 caller, 100 a send',
    },
    { name: 'kafkajs: consume', ...consuming('kafkajs') },
    { name: 'Longhaul: consume', ...consuming('longhaul'), beside: 'kafkajs: consume' },
  ]
}

async function run({ name, task }: Row): Promise<Measured> {
  const { brokers } = kafka
  const child = new Child([PROGRAM, JSON.stringify({ ...task, brokers, topic: TOPIC })], {
    name,
    logFile: join(folder, 'driver.log'),
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
  })
  try {
    const broker = named('Kafka', kafka.pid).pid
    await child.printed(new RegExp(`^${BEGUN}$`, 'm'), TIMEOUT_MS)
    const before = cpuSeconds(broker)
    const [line] = await child.printed(/^\{.*\}$/m, TIMEOUT_MS)
    const used = cpuSeconds(broker) - before
    const figures = JSON.parse(line) as DriverFigures
    return {
      perSecond: task.messages / figures.seconds,
      cpuUs: (figures.cpuSeconds * MICROSECONDS) / task.messages,
      brokerCpuUs: (used * MICROSECONDS) / task.messages,
    }
  } finally {
    await child.end('SIGKILL', STOP_TIMEOUT_MS)
  }
}

async function createTopic(): Promise<void> {
  const { brokers } = kafka
  const admin = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] })
  await admin.disconnect()
}

function ratios(figures: Measured, other: Measured): string {
  const speed = figures.perSecond / other.perSecond
  const cpu = other.cpuUs / figures.cpuUs
  const broker = other.brokerCpuUs / figures.brokerCpuUs
  return `${speed.toFixed(1)} × the speed; per CPU second ${cpu.toFixed(1)} ×, the broker's ${broker.toFixed(1)} ×`
}
