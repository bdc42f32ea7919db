import { mkdtempSync } from 'node:fs'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import { openMemoryBus } from '@longhaul/bus'
import { openMemoryCoordination } from '@longhaul/coordination'
import { openStore } from '@longhaul/store'
import { systemClock, SUBMITTED_TOPIC } from '@longhaul/contracts'
import { createReceiverPolicy, ModelFigures } from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { Ingress } from './index.ts'
import { ingressConfig as config } from '../../test/ingress-config.tmp.ts'
const pg = new EmbeddedPostgres({ dataDir: mkdtempSync('/tmp/ing/pg-') })
await pg.start()
const clock = systemClock
const store = await openStore({ databaseUrl: pg.url })
const bus = await openMemoryBus({ maxMessagesPerTopic: 10_000, maxBytesPerTopic: 16*1024*1024 })
await bus.ensureTopics([SUBMITTED_TOPIC])
const coordination = await openMemoryCoordination({ clock, breaker: { failureRate: .5, minCalls: 10, windowMs: 30000, openForMs: 1000, maxOpenForMs: 10000, probes: 2 } })
const telemetry = startTelemetry({ service: 'b', logLevel: 'warn' })
let n = 0
await bus.consume({ topics: [SUBMITTED_TOPIC], group: 'r', window: 1000, versions: [1], handle: d => { n++; d.ack() } })
const c2 = { ...config, dispatch: { ...config.dispatch, published_per_key: 100000 } }
const ingress = new Ingress({ store, bus, coordination, telemetry, clock, random: Math.random, live: new ModelFigures({ coordination, bus, clock }, config), receiverPolicy: createReceiverPolicy([]) }, c2, { host: '127.0.0.1', port: 0 })
await ingress.start()
const tenant = await store.tenants.ensure('default')
const key = await store.tenants.createKey(tenant.id, 'x')
process.send?.({ url: ingress.url, key })
process.on('message', async m => { if (m === 'cpu') process.send?.({ cpu: process.cpuUsage(), n, rss: process.memoryUsage().rss }); else { await ingress.stop(1000); await bus.stop(); await store.stop(); await pg.stop(); process.exit(0) } })
