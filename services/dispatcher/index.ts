export { Dispatcher, type DispatcherDependencies, type DispatcherOptions } from './dispatcher.ts'
