import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, delimiter, dirname, join, relative, resolve } from 'node:path'
import { type Instruction, readCopy, type Stage } from './dockerfile.ts'
import { type OurImage, root } from './repository.ts'

/**
 * Does what `docker build` would do with our Dockerfile, in folders instead of
 * layers: what COPY names is copied, without what .dockerignore hides, and RUN is
 * run, by this machine's npm. Stages see nothing but what was copied.
 * @param folder one folder per stage is made in it
 * @returns the root of the last stage's file system
 */
export function buildImage({ stages, isIgnored }: OurImage, folder: string): string {
  let rootOfLast = folder
  for (const stage of stages) {
    rootOfLast = join(folder, stage.name)
    buildStage(stage, rootOfLast, folder, isIgnored)
  }
  return rootOfLast
}

function buildStage(
  stage: Stage,
  stageRoot: string,
  folder: string,
  isIgnored: (path: string) => boolean,
): void {
  let workingFolder = stageRoot
  for (const instruction of stage.instructions) {
    if (instruction.word === 'WORKDIR') {
      workingFolder = join(stageRoot, instruction.text)
      mkdirSync(workingFolder, { recursive: true })
    } else if (instruction.word === 'COPY') {
      copy(instruction, workingFolder, folder, isIgnored)
    } else if (instruction.word === 'RUN') {
      run(instruction.text, workingFolder)
    }
  }
}

function copy(
  instruction: Instruction,
  workingFolder: string,
  folder: string,
  isIgnored: (path: string) => boolean,
): void {
  const { from, sources, target } = readCopy(instruction)
  const base = from === undefined ? root : join(folder, from)
  const filter = (path: string) => from !== undefined || !isIgnored(relative(root, path))
  for (const source of sources) {
    const path = join(base, source)
    const isFolder = statSync(path).isDirectory()
    const destination = isFolder || !target.endsWith('/') ? target : target + basename(source)
    // Links of workspaces are relative: they hold in the image too.
    cpSync(path, resolve(workingFolder, destination), {
      recursive: true,
      verbatimSymlinks: true,
      filter,
    })
  }
}

function run(command: string, workingFolder: string): void {
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
  const { status, stderr, stdout } = spawnSync('sh', ['-c', command], {
    cwd: workingFolder,
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`RUN ${command} ended with ${status}:\n${stdout}${stderr}`)
}

/** Bytes of a folder and all below it. */
export function sizeOf(folder: string): number {
  const { stdout } = spawnSync('du', ['-sk', folder], { encoding: 'utf8' })
  return existsSync(folder) ? Number.parseInt(stdout, 10) * 1024 : 0
}
