const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** FNV-1a over the UTF-16 units of a word in lower case: how the scanner names words. */
export function hashWord(word: string): number {
  let hash = FNV_START
  for (let index = 0; index < word.length; index++) {
    hash = Math.imul(hash ^ word.charCodeAt(index), FNV_PRIME)
  }
  return hash
}
