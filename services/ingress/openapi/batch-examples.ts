import type { BatchView } from '../batches/batch-view.ts'
import type { FileView } from '../files/file-view.ts'

/** What the document shows of files and batches; tested as `examples.ts`. */

const fileId = 'file-0198c0ffee007abc8def0123456789ab'
const batchId = 'batch_0198c0ffee007abc8def0123456789ab'

export const file: FileView = {
  id: fileId,
  object: 'file',
  bytes: 2_048,
  created_at: 1_785_576_600,
  expires_at: null,
  filename: 'requests.jsonl',
  purpose: 'batch',
  status: 'processed',
  status_details: null,
}

export const upload = {
  file: {
    summary: 'A file of requests, one a line',
    value: {
      purpose: 'batch',
      file: '{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"Hello"}]}}\n',
    },
  },
}

export const batches = {
  smallest: {
    summary: 'As with OpenAI',
    value: {
      input_file_id: fileId,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    },
  },
  everything: {
    summary: 'Every field',
    value: {
      input_file_id: fileId,
      endpoint: '/v1/chat/completions',
      completion_window: '90m',
      metadata: { customer: 'acme' },
      output_expires_after: { anchor: 'created_at', seconds: 604_800 },
      longhaul: {
        priority: 5,
        paused: true,
        webhook: {
          url: 'https://example.com/hooks/longhaul',
          events: ['batch.completed', 'batch.failed'],
        },
      },
    },
  },
  dry_run: {
    summary: 'A quote: validates, routes, estimates',
    value: {
      input_file_id: fileId,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      longhaul: { dry_run: true },
    },
  },
}

export const batch: BatchView = {
  id: batchId,
  object: 'batch',
  endpoint: '/v1/chat/completions',
  model: null,
  errors: null,
  input_file_id: fileId,
  completion_window: '24h',
  status: 'in_progress',
  output_file_id: null,
  error_file_id: null,
  created_at: 1_785_576_600,
  in_progress_at: 1_785_576_602,
  expires_at: 1_785_663_000,
  finalizing_at: null,
  completed_at: null,
  failed_at: null,
  expired_at: null,
  cancelling_at: null,
  cancelled_at: null,
  request_counts: { total: 50_000, completed: 12_498, failed: 2 },
  usage: {
    input_tokens: 412_500,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 1_124_820,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 1_537_320,
  },
  metadata: { customer: 'acme' },
  longhaul: {
    progress: 0.25,
    eta: 1_785_577_400,
    rate_per_min: 3_200.5,
    queue_position: 0,
    cost_so_far_usd: 0.7367,
    estimated_cost_usd: 2.95,
    priority: 0,
    paused: false,
    retry_of: null,
    webhook: { url: 'https://example.com/hooks/longhaul', events: null },
    models: {
      small: { completed: 11_000, failed: 2, cancelled: 0, expired: 0, cost_usd: 0.21 },
      large: { completed: 1_498, failed: 0, cancelled: 0, expired: 0, cost_usd: 0.5267 },
    },
  },
}

export const results =
  '{"id":"batch_req_0198c0ffee007abc8def0123456789ab","custom_id":"1","response":{"status_code":200,"request_id":"req_0198c0ffee007abc8def0123456789ab","body":{…}},"error":null,"longhaul":{"job_id":"job_0198c0ffee007abc8def0123456789ab","cost_usd":0.0000114},"cursor":"7451-0198c0ffee007abc8def0123456789ab"}\n'
