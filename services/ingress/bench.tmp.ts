import { fork } from 'node:child_process'
import { Pool } from 'undici'
const child = fork(new URL('./bench-server.tmp.ts', import.meta.url).pathname, { execArgv: process.env.PROF ? ['--cpu-prof','--cpu-prof-dir=/tmp/ing/prof'] : [] })
const next = () => new Promise<any>(r => child.once('message', r))
const { url, key } = await next()
const pool = new Pool(url, { connections: 64 })
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
const job = (i: number) => ({ body: { model: 'auto', messages: [{ role: 'system', content: 'You are careful. '.repeat(10) }, { role: 'user', content: `prompt ${i} ` + 'lorem ipsum dolor '.repeat(45) }], max_tokens: 100 }, lane: 'bulk', metadata: { run: 'x' } })
async function post(path: string, body: string) { const r = await pool.request({ path, method: 'POST', headers, body }); const t = await r.body.text(); if (r.statusCode !== 202) throw new Error(r.statusCode + t); return t }
async function bulk(total: number, parallel: number) {
  const bodies = Array.from({ length: total / 1000 }, (_, k) => JSON.stringify({ jobs: Array.from({ length: 1000 }, (_, i) => job(k * 1000 + i)) }))
  child.send('cpu'); const a = await next()
  const t0 = performance.now(); const lat: number[] = []
  await Promise.all(Array.from({ length: parallel }, async () => { for (let b; (b = bodies.pop());) { const t = performance.now(); await post('/v1/jobs/bulk', b); lat.push(performance.now() - t) } }))
  const ms = performance.now() - t0
  child.send('cpu'); const z = await next()
  lat.sort((x, y) => x - y)
  console.log(`bulk x${parallel}: ${Math.round(total / ms * 1000)} jobs/s, cpu ${((z.cpu.user + z.cpu.system - a.cpu.user - a.cpu.system) / total).toFixed(1)} us/job, p50 ${lat[lat.length>>1]?.toFixed(0)} ms max ${lat.at(-1)?.toFixed(0)} published ${z.n} rss ${(z.rss/1e6).toFixed(0)}`)
}
async function singles(rate: number, seconds: number) {
  child.send('cpu'); const a = await next()
  const lat: number[] = []; const all: Promise<void>[] = []
  const t0 = performance.now()
  for (let i = 0; i < rate * seconds; i++) {
    const due = t0 + i * 1000 / rate; const w = due - performance.now(); if (w > 1) await new Promise(r => setTimeout(r, w))
    all.push((async () => { await post('/v1/jobs', JSON.stringify(job(i))); lat.push(performance.now() - due) })())
  }
  await Promise.all(all)
  child.send('cpu'); const z = await next()
  lat.sort((x, y) => x - y)
  console.log(`single ${rate}/s: p50 ${lat[lat.length>>1]?.toFixed(1)} p99 ${lat[Math.floor(lat.length*.99)]?.toFixed(1)} max ${lat.at(-1)?.toFixed(1)} cpu ${((z.cpu.user + z.cpu.system - a.cpu.user - a.cpu.system) / lat.length).toFixed(0)} us`)
}
await bulk(10000, 2); await bulk(20000, 2); await bulk(20000, 4); await bulk(20000,1); await singles(300, 5); await singles(300, 5)
child.send('stop'); await new Promise(r => child.once('exit', r)); await pool.close()
