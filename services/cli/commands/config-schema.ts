import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '@longhaul/runtime'
import type { AddCommand } from '../command.ts'

export const addConfigSchema: AddCommand = (program, context, exit) => {
  program
    .command('config-schema')
    .description('print the JSON Schema of longhaul.yaml, for editors')
    .option('--out <file>', 'write it there instead')
    .action(({ out }: { out?: string }) => {
      const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`
      if (out === undefined) context.print(text)
      else writeFileSync(out, text)
      exit(0)
    })
}
