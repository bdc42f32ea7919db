export { Worker, type WorkerDependencies, type WorkerOptions } from './worker.ts'
