/** A page of a list, as OpenAI's clients go through it. */
export function pageJson(data: ReadonlyArray<{ id: string }>, hasMore: boolean): string {
  return JSON.stringify({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  })
}
