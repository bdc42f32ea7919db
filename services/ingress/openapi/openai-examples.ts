/** Bodies and answers of the routes that OpenAI's clients call. */

const prompt = 'Why is the sky dark at night?'

export const chatCompletions = {
  auto: {
    summary: 'Longhaul chooses the model',
    value: { model: 'auto', messages: [{ role: 'user', content: prompt }] },
  },
}

export const chatCompletion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_785_576_601,
  model: 'small',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Because the universe has an age.' },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 14, completion_tokens: 7, total_tokens: 21 },
}

export const embeddings = {
  two: {
    summary: 'Two texts',
    value: { model: 'auto', input: ['good morning', 'good night'] },
  },
}

export const embeddingList = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.12, -0.03] }],
  model: 'embedder',
  usage: { prompt_tokens: 4, total_tokens: 4 },
}
