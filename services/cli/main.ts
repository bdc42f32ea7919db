import { runCli } from './program.ts'

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  print: text => process.stdout.write(text),
  complain: text => process.stderr.write(text),
})
