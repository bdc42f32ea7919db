/** What a router without a model would go by. */

/** Longer prompts to the strong model. */
export function lengthScore(prompt: string): number {
  return prompt.length
}

const keywords =
  /\b(prove|proof|theorem|derive|integral|algorithm|complex|analy[sz]e|evaluate|compare|explain|why|calculate|diagnos\w+|liab\w+|statute|quantum|equilibrium|step by step|not|except)\b/gi

/** Words that sound demanding, as keyword routers count them. */
export function keywordScore(prompt: string): number {
  return prompt.match(keywords)?.length ?? 0
}
