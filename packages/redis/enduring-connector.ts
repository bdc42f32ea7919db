import ioredis from 'ioredis/built/connectors/StandaloneConnector.js'

/** Of a CommonJS module, which the package does not name elsewhere. */
const StandaloneConnector = ioredis.default
type Options = ConstructorParameters<typeof StandaloneConnector>[0]
type Connect = InstanceType<typeof StandaloneConnector>['connect']

/**
 * Connects as ioredis does by itself, and outlives a second error. A TLS socket
 * of Node tells an alert of the server even when it has failed before and was
 * destroyed, as one does whose peer is not trusted; ioredis (5.11) listens for the
 * first error only, so that the second would end the process.
 */
export class EnduringConnector extends StandaloneConnector {
  /** @param options ioredis' own */
  constructor(options: unknown) {
    super(options as Options)
  }

  override async connect(tell: Parameters<Connect>[0]): ReturnType<Connect> {
    const stream = await super.connect(tell)
    stream.on('error', ignore)
    return stream
  }
}

/** ioredis tells the first. */
function ignore(): void {}
