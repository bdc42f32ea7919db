import { openMemoryBus } from '@longhaul/bus'
import { exerciseBus } from './bus.ts'

exerciseBus('the memory bus', () => openMemoryBus())
