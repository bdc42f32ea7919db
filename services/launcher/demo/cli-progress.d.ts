/** The part of cli-progress that the demo uses; the package comes without types. */
declare module 'cli-progress' {
  interface BarOptions {
    format: string
    stream: NodeJS.WritableStream
    barsize: number
    hideCursor: boolean
  }
  type Payload = Record<string, string>
  class SingleBar {
    constructor(options: BarOptions, preset: object)
    start(total: number, value: number, payload: Payload): void
    update(value: number, payload: Payload): void
    stop(): void
  }
  const cliProgress: { SingleBar: typeof SingleBar; Presets: { shades_classic: object } }
  export default cliProgress
}
