import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** Resolves once undici, anywhere in this process, has the head of the next answer. */
export function headArrives(): Promise<void> {
  return next('undici:request:headers')
}

/** The same of some of its body. */
export function bodyArrives(): Promise<void> {
  return next('undici:request:bodyChunkReceived')
}

function next(channel: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const told = () => {
    unsubscribe(channel, told)
    resolve()
  }
  subscribe(channel, told)
  return promise
}
