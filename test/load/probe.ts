// Early probe of the pipeline without HTTP intake.
import { openMemoryBus } from '@longhaul/bus'
import { configSchema, newId, systemClock, deploymentKey } from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import { Dispatcher } from '@longhaul/dispatcher'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import { openProviders } from '@longhaul/providers'
import { Router } from '@longhaul/router'
import { ModelFigures, simulatorCatalog } from '@longhaul/runtime'
import { openStore } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { Worker } from '@longhaul/worker'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'

const N = Number(process.argv[2] ?? 20000)
const sim = spawn(process.execPath, ['test/simulator/main.ts', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
const [line] = await once(sim.stdout, 'data')
const { origin } = JSON.parse(String(line))
const dir = mkdtempSync('/tmp/lh-probe-')
const pgs = new EmbeddedPostgres({ dataDir: dir })
await pgs.start()
const config = configSchema.parse({ ...((c) => { for (const m of Object.values(c.models)) for (const d of Object.values(m.deployments)) (d as { max_concurrency?: number }).max_concurrency = 256; return c })(simulatorCatalog(origin)), policies: { auto: { strategy: 'cheapest' } } })
const telemetry = startTelemetry({ service: 'probe', logLevel: 'warn' })
const clock = systemClock
const stats = new Map<string, { n: number; rows: number; s: number }>()
const store = await openStore({ databaseUrl: pgs.url, observe: (st, rows, sec) => { const e = stats.get(st) ?? { n: 0, rows: 0, s: 0 }; e.n++; e.rows += rows; e.s += sec; stats.set(st, e) } })
const bus = await openMemoryBus({ maxMessagesPerTopic: 10000 })
const coordination = await openMemoryCoordination({ clock, breaker: { failureRate: 0.5, minCalls: 10, windowMs: 30000, openForMs: 10000, maxOpenForMs: 300000, probes: 2 } })
const provider = openProviders({ clock })
const live = new ModelFigures({ coordination, bus, clock }, config)
const shared = { store, bus, coordination, telemetry, clock, random: Math.random, live, provider }
const worker = new Worker(shared, config, { owner: 'w1' })
const router = new Router(shared, config)
const dispatcher = new Dispatcher(shared, config)
await worker.start(); await router.start(); await dispatcher.start()
const tenant = (await store.tenants.ensure('t')).id
let done = 0
const finished = new Promise<void>(resolve => coordination.broadcasts.on('job-finished', () => { if (++done === N) resolve() }))
const body = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(900) }], max_tokens: 100 })
const cpu0 = process.cpuUsage(); const t0 = performance.now()
for (let i = 0; i < N; i += 1000) {
  await Promise.all(Array.from({ length: Math.min(1000, N - i) }, () => store.jobs.insert({ id: newId('job'), tenantId: tenant, status: 'pending', endpoint: '/v1/chat/completions', lane: 'standard', policy: null, requestedModel: null, metadata: null, notBefore: null, deadlineAt: null, webhook: null, traceparent: null, body, bodyBytes: body.length, idempotency: null })))
  coordination.broadcasts.send('work-pending', { lane: 'standard' })
}
console.log('accepted', Math.round(performance.now() - t0), 'ms')
const waits = new Map<string, number>()
const pgc = new (await import('pg')).default.Client(pgs.url); await pgc.connect(); pgc.on('error', () => {})
const sampler = setInterval(async () => { const r = await pgc.query("select coalesce(wait_event_type||':'||wait_event,'CPU') w, left(query,40) q, count(*)::int n from pg_stat_activity where state='active' and pid<>pg_backend_pid() group by 1,2"); for (const x of r.rows) { const k = x.w + ' ' + x.q.replace(/\s+/g, ' '); waits.set(k, (waits.get(k) ?? 0) + x.n) } }, 50)
const tick = setInterval(() => console.log(done, coordination.health().detail.slice(0, 100)), 1000)
await finished
clearInterval(tick); clearInterval(sampler); console.log([...waits].sort((a, b) => b[1] - a[1]).slice(0, 12)); 
const { execSync } = await import('node:child_process'); console.log(execSync("ps -eo user,time,args | grep -E 'postgres: ' | grep -v grep | awk '{print $2,$4,$5,$6,$7}' | sort -r | head -14").toString())
const s = (performance.now() - t0) / 1000
const cpu = process.cpuUsage(cpu0)
console.log({ perSecond: Math.round(N / s), cpuUsPerJob: Math.round((cpu.user + cpu.system) / N), rss: Math.round(process.memoryUsage().rss / 1e6) })
console.table(Object.fromEntries([...stats].map(([k, e]) => [k, { n: e.n, rows: e.rows, perStmt: (e.rows / e.n).toFixed(1), ms: (e.s / e.n * 1000).toFixed(2), usPerRow: (e.s / e.rows * 1e6).toFixed(0) }])))
await dispatcher.stop(1000); await router.stop(1000); await worker.stop(1000); await bus.stop(); await provider.stop(); await store.stop(); await telemetry.stop()
await pgs.stop(); sim.kill()
