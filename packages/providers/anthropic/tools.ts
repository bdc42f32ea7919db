import { isObject, type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { UntranslatableError } from './untranslatable.ts'

/** Functions become tools; tools of other types are taken for Anthropic's own and pass through. */
export function translateTools(tools: unknown): JsonObject[] {
  return objectsOf(tools).map((tool, index) => {
    if (isObject(tool.function)) return translateFunction(tool.function, tool)
    if (isObject(tool.custom)) {
      throw new UntranslatableError(
        `tools[${index}]: Messages have no custom tools without a schema`,
      )
    }
    return tool
  })
}

function translateFunction(definition: JsonObject, tool: JsonObject): JsonObject {
  const { function: _, type: __, ...rest } = tool
  const { name, description, parameters, strict } = definition
  return {
    ...rest,
    name,
    ...(description !== undefined && { description }),
    input_schema: parameters ?? { type: 'object', properties: {} },
    ...(strict === true && { strict }),
  }
}

export function translateToolChoice(choice: unknown): JsonObject | undefined {
  switch (choice) {
    case undefined:
    case null:
      return undefined
    case 'required':
      return { type: 'any' }
    case 'auto':
    case 'none':
      return { type: choice }
  }
  const { type, function: named, ...rest } = objectOf(choice)
  if (isObject(named)) return { type: 'tool', name: named.name }
  if (type === 'allowed_tools') {
    throw new UntranslatableError('tool_choice `allowed_tools`: list only those in `tools`')
  }
  return { type, ...rest }
}
