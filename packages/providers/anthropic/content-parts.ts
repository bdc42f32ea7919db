import { type JsonObject, objectOf } from '@longhaul/contracts'
import { textOf } from '../json-value.ts'
import { UntranslatableError } from './untranslatable.ts'

/**
 * A content part as a block of Messages. Extra fields of a part
 * (`cache_control`) stay on the block; a part that is no part of OpenAI's is
 * taken for a block already.
 * @param at where the part stands, for the message of an error
 */
export function translatePart(part: JsonObject, at: string): JsonObject {
  switch (part.type) {
    case 'refusal': {
      const { refusal, ...rest } = part
      return { ...rest, type: 'text', text: refusal }
    }
    case 'image_url': {
      const { image_url, ...rest } = part
      const url = textOf(image_url) ?? textOf(objectOf(image_url).url) ?? ''
      return { ...rest, type: 'image', source: sourceOf(url, `${at}.image_url.url`) }
    }
    case 'file':
      return documentOf(part, at)
    case 'input_audio':
      throw new UntranslatableError(`${at}: Anthropic's Messages take no audio`)
    default:
      return part
  }
}

function documentOf({ file, ...rest }: JsonObject, at: string): JsonObject {
  const { file_data, filename } = objectOf(file)
  if (typeof file_data !== 'string') {
    throw new UntranslatableError(
      `${at}.file needs \`file_data\`: ids of OpenAI's files mean nothing there`,
    )
  }
  return {
    ...rest,
    type: 'document',
    source: sourceOf(file_data, `${at}.file.file_data`),
    ...(typeof filename === 'string' && { title: filename }),
  }
}

function sourceOf(url: string, at: string): JsonObject {
  if (!url.startsWith('data:')) return { type: 'url', url }
  const comma = url.indexOf(',')
  const [mediaType = '', ...parameters] = url.slice('data:'.length, Math.max(0, comma)).split(';')
  if (comma === -1 || parameters.at(-1) !== 'base64' || mediaType === '') {
    throw new UntranslatableError(`${at} must be data:<media type>;base64,… or a URL`)
  }
  return { type: 'base64', media_type: mediaType, data: url.slice(comma + 1) }
}
