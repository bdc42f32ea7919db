/**
 * `npm run check:image`: builds the image without Docker, and runs the compose
 * file's services from it, on servers of this machine, until one job has gone
 * all the way. What it cannot show is what only Docker has: base images,
 * networks, volumes.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedPostgres, freePort } from '@longhaul/embedded-postgres'
import { LocalKafka, LocalRedis } from '@longhaul/local-servers'
import { buildImage, sizeOf } from './built-image.ts'
import { environmentOf } from './compose.ts'
import { ImageProcess } from './image-process.ts'
import { longRunning, readFile, readOurCompose, readOurImage, variables } from './repository.ts'

const READY_MS = 60_000
const WORKDIR = 'app'
const MEGABYTE = 1024 * 1024

const folder = mkdtempSync(join(tmpdir(), 'longhaul-image-'))
chmodSync(folder, 0o755)
const { services } = readOurCompose()
const postgres = new EmbeddedPostgres({ dataDir: join(folder, 'servers') })
const redis = new LocalRedis({ dataDir: join(folder, 'servers') })
const kafka = new LocalKafka({ dataDir: join(folder, 'servers') })
const running = new Map<string, ImageProcess>()

try {
  const image = join(buildImage(readOurImage(), folder), WORKDIR)
  say(`built, ${Math.round(sizeOf(image) / MEGABYTE)} MB beside Node`)
  await Promise.all([postgres.start(), redis.start(), kafka.start()])
  say('PostgreSQL, Redis and Kafka run')

  const ports = new Map<string, number>()
  for (const name of ['simulator', ...longRunning]) ports.set(name, await freePort())
  mountFiles(ports)
  const migrate = start(image, 'migrate', ports)
  if ((await migrate.end()) !== 0) throw new Error(`migrate failed:\n${migrate.log}`)
  say('migrated')
  for (const name of ports.keys()) running.set(name, start(image, name, ports))
  for (const [name, process] of running) {
    const check = services[name]?.healthcheck.test.slice(1) ?? []
    await process.untilHealthy(
      check.map(word => portsIn(word, name, ports)),
      READY_MS,
    )
    say(`${name} is healthy`)
  }

  say(`a job ${await oneJob(ports.get('ingress') ?? 0)}`)
  for (const [name, process] of [...running].reverse()) {
    const code = await process.end('SIGTERM')
    running.delete(name)
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${process.log}`)
  }
  say('all ended in order')
} finally {
  await Promise.all(Array.from(running.values(), process => process.end('SIGKILL')))
  await Promise.all([kafka.stop(), redis.stop(), postgres.stop()])
  rmSync(folder, { recursive: true, force: true })
}

/** What the compose file mounts at /etc/longhaul, with addresses of this machine. */
function mountFiles(ports: ReadonlyMap<string, number>): void {
  const config = readFile('infra/compose/longhaul.yaml')
  const origin = `//127.0.0.1:${ports.get('simulator')}`
  writeFileSync(join(folder, 'longhaul.yaml'), config.replaceAll(/\/\/simulator:\d+/g, origin))
  writeFileSync(join(folder, 'simulator.json'), readFile('infra/compose/simulator.json'))
}

function start(image: string, name: string, ports: ReadonlyMap<string, number>): ImageProcess {
  const service = services[name]
  if (!service) throw new Error(`docker-compose.yml has no service ${name}`)
  const onThisMachine = (text: string) =>
    portsIn(text.replace('/etc/longhaul', folder), name, ports)
  const env = Object.fromEntries(
    Object.entries(environmentOf(service, variables)).map(([variable, value]) => [
      variable,
      onThisMachine(value),
    ]),
  )
  const servers: Record<string, string> = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: kafka.brokers.join(','),
  }
  for (const variable of Object.keys(servers)) {
    if (variable in env) env[variable] = servers[variable] ?? ''
  }
  return new ImageProcess({
    name,
    command: service.command.map(onThisMachine),
    folder: image,
    env,
    logFile: join(folder, `${name}.log`),
  })
}

/** Containers have addresses of their own; here each service has a port of its own. */
function portsIn(text: string, name: string, ports: ReadonlyMap<string, number>): string {
  const inside = services[name]?.expose[0] ?? ''
  const outside = String(ports.get(name))
  return text === inside ? outside : text.replace(`127.0.0.1:${inside}`, `127.0.0.1:${outside}`)
}

async function oneJob(port: number): Promise<string> {
  const headers = {
    authorization: `Bearer ${variables.LONGHAUL_API_KEY}`,
    'content-type': 'application/json',
  }
  const url = `http://127.0.0.1:${port}/v1/jobs`
  const body = JSON.stringify({ body: { messages: [{ role: 'user', content: 'Hello.' }] } })
  const accepted = await fetch(url, { method: 'POST', headers, body })
  if (accepted.status !== 202) throw new Error(`not accepted: ${await accepted.text()}`)
  const { id } = (await accepted.json()) as { id: string }
  const ended = await fetch(`${url}/${id}?wait=30`, { headers })
  const job = (await ended.json()) as { status: string; model: string }
  if (job.status !== 'succeeded') throw new Error(`did not succeed: ${JSON.stringify(job)}`)
  return `succeeded, by ${job.model}`
}

function say(text: string): void {
  console.log(`check:image: ${text}`)
}
