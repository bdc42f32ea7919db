import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { watchConnection } from './connection-fault.ts'

const answer = Buffer.from([0, 0, 0, 6, 0, 0, 0, 1, 0, 0])
const alert = Buffer.from([0x15, 3, 1, 0, 2, 2, 70])
const TLS = 'b:9092 closes the connection without an answer; it may expect TLS — set KAFKA_TLS=true'
const SASL =
  'b:9092 closes the connection at the first request; it may expect SASL — set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'

function toldOf(pieces: readonly Buffer[]): Array<string | undefined> {
  const socket = new EventEmitter()
  const told: Array<string | undefined> = []
  const connection = { brokers: ['b:9092'], clientId: 'test' }
  watchConnection(socket as Socket, connection, 'b:9092', fault => told.push(fault))
  for (const piece of pieces) socket.emit('data', piece)
  socket.emit('end')
  return told
}

describe('a broker that closes the connection', () => {
  it.each<[string, Buffer[], Array<string | undefined>]>([
    ['without a word', [], [TLS]],
    ['with an alert of TLS', [alert], [TLS]],
    ['with an alert of TLS in pieces', [alert.subarray(0, 1), alert.subarray(1)], [TLS]],
    ['after its first answer', [answer], [SASL]],
    ['after its first answer, in pieces', [...answer].map(byte => Buffer.from([byte])), [SASL]],
    ['after two answers', [answer, answer], [undefined]],
    ['after two answers in one piece', [Buffer.concat([answer, answer])], [undefined]],
    [
      'after three answers in pieces that are none',
      [answer.subarray(0, 3), Buffer.concat([answer.subarray(3), answer, answer.subarray(0, 5)])],
      [undefined],
    ],
  ])('%s', (_, pieces, told) => {
    expect(toldOf(pieces)).toEqual(told)
  })
})
