import { once } from 'node:events'
import { connect } from 'node:net'

/** Whether a Redis on that port of 127.0.0.1 has loaded its data and answers. */
export async function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write('PING\r\n')
    const [answer] = await once(socket, 'data')
    return String(answer).startsWith('+PONG')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
