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

export const completions = {
  one: {
    summary: 'A text to go on from',
    value: { model: 'auto', prompt: 'Roses are', max_tokens: 16 },
  },
}

export const completion = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1_785_576_601,
  model: 'small',
  choices: [{ text: ' red.', index: 0, logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
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

export const responses = {
  background: {
    summary: 'In the background: the answer comes at once, the response later',
    value: { model: 'auto', input: prompt, background: true },
  },
  now: {
    summary: 'With instructions, for a caller who waits',
    value: { model: 'auto', instructions: 'Answer in one sentence.', input: prompt },
  },
}

export const response = {
  id: 'resp_0198c0ffee007abc8def0123456789ab',
  object: 'response',
  created_at: 1_785_576_600,
  completed_at: 1_785_576_601,
  status: 'completed',
  background: true,
  error: null,
  incomplete_details: null,
  instructions: null,
  model: 'small',
  output: [
    {
      id: 'msg_1',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Because the universe has an age.', annotations: [] }],
    },
  ],
  previous_response_id: null,
  store: true,
  usage: { input_tokens: 14, output_tokens: 7, total_tokens: 21 },
  metadata: {},
}

export const inputItems = {
  object: 'list',
  data: [
    {
      id: 'msg_0198c0ffee007abc8def0123456789ab_0',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_text', text: prompt }],
    },
  ],
  first_id: 'msg_0198c0ffee007abc8def0123456789ab_0',
  last_id: 'msg_0198c0ffee007abc8def0123456789ab_0',
  has_more: false,
}
