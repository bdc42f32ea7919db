import type { OpenApiDocument } from './document.ts'

export function docsPage(document: OpenApiDocument): string {
  return `<!doctype html><title>${document.info.title}</title>`
}
