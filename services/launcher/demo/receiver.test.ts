import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { Receiver } from './receiver.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER = 'whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

describe('the receiver', () => {
  let receiver: Receiver
  beforeEach(async () => {
    receiver = await Receiver.listen([OTHER, SECRET])
  })
  afterEach(() => receiver.close())

  async function deliver(eventId: string, jobId: string, secret = SECRET): Promise<number> {
    const body = JSON.stringify({ id: eventId, data: { id: jobId } })
    const now = new Date()
    const response = await fetch(receiver.url, {
      method: 'POST',
      body,
      headers: {
        'webhook-id': eventId,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(eventId, now, body),
      },
    })
    return response.status
  }

  it('takes what is signed with any of the secrets', async () => {
    expect(await deliver('evt_1', 'job_1')).toBe(204)
    expect(await deliver('evt_2', 'job_2', OTHER)).toBe(204)
    const { deliveries, rejected, eventIds, byJob } = receiver.receipts
    expect([deliveries, rejected, [...eventIds]]).toEqual([2, 0, ['evt_1', 'evt_2']])
    expect(byJob.get('job_1')).toEqual(new Set(['evt_1']))
  })

  it('counts an event that comes twice once', async () => {
    await deliver('evt_1', 'job_1')
    await deliver('evt_1', 'job_1')
    expect(receiver.receipts).toMatchObject({ deliveries: 2, eventIds: new Set(['evt_1']) })
  })

  it('refuses a signature of somebody else, and none', async () => {
    expect(await deliver('evt_1', 'job_1', 'whsec_BfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe(401)
    expect((await fetch(receiver.url, { method: 'POST', body: '{}' })).status).toBe(401)
    expect(receiver.receipts).toMatchObject({ deliveries: 2, rejected: 2, eventIds: new Set() })
  })

  it('refuses what is too long to be an event', async () => {
    const body = 'x'.repeat(100_000)
    expect((await fetch(receiver.url, { method: 'POST', body })).status).toBe(401)
  })
})
