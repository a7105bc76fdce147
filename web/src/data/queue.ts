/* Files on their way in: sent one behind the other, each then looked at. One that was stopped, or whose server was gone, goes on where it stood. */
import { computed, markRaw, onBeforeUnmount, reactive, type ComputedRef } from 'vue'
import { newKey, post } from '@/api/client'
import { upload } from '@/api/upload'
import { choicesOf, doubledIn, isTable, missingIn, wishOf, type Wish } from './sending'
import type { Arrived, Intake, Preview } from './types'
import { fetchDataset } from './useDatasets'

export type Step = 'queued' | 'sending' | 'paused' | 'broken' | 'looking' | 'seen' | 'unread' | 'storing' | 'stored'
export interface Item extends Wish {
  id: number
  file: File
  step: Step
  sent: number
  /** The server does not answer just now. */
  waiting: boolean
  problem: unknown
  intake: Intake | null
  again: boolean
  key: string
  /* The dataset and sheet that were wished for. */
  wanted: string
  sheet: string
}
type Wishes = Pick<Item, 'wanted' | 'org' | 'month'>

/* An upload that was begun is found again after the page was loaded anew, by who chooses the same file. */
const MARK = 'bihuan.upload.'
const markOf = (file: File): string => `${MARK}${file.name}|${file.size}|${file.lastModified}`

export function isReady(item: Item): boolean {
  if (!item.preview || item.step !== 'seen') return false
  if (!isTable(item.preview)) return true
  const choices = choicesOf(item.preview, item.chosen)
  return item.dataset !== null && missingIn(item.dataset, choices).length === 0 && doubledIn(choices).size === 0
}

export interface Queue {
  items: Item[]
  ready: ComputedRef<Item[]>
  add: (files: File[], wishes: Wishes) => Item[]
  pause: (item: Item) => void
  resume: (item: Item) => void
  drop: (item: Item) => void
  look: (item: Item) => Promise<void>
  store: (item: Item) => Promise<void>
}

export function useQueue(): Queue {
  const items = reactive<Item[]>([])
  const stops = new Map<number, AbortController>()
  const gone = new AbortController()
  let last = 0
  let running = false

  function add(files: File[], wishes: Wishes): Item[] {
    const added = files.map((file) => ({
      id: ++last, file: markRaw(file), step: 'queued' as Step, sent: 0, waiting: false, uid: sessionStorage.getItem(markOf(file)) ?? '', problem: null, preview: null, dataset: null, intake: null, again: false, key: newKey(),
      ...wishes, sheet: '', chosen: {}, mode: 'add' as const, strict: false, keep: true,
    }))
    items.push(...added)
    void work()
    return items.slice(-added.length)
  }

  async function work(): Promise<void> {
    if (running) return
    running = true
    for (let next = items.find((one) => one.step === 'queued'); next && !gone.signal.aborted; next = items.find((one) => one.step === 'queued')) await send(next)
    running = false
  }

  async function send(item: Item): Promise<void> {
    const stop = new AbortController()
    stops.set(item.id, stop)
    item.step = 'sending'
    item.problem = null
    try {
      await upload(item.file, (sent) => { item.sent = sent }, {
        signal: AbortSignal.any([stop.signal, gone.signal]), uid: item.uid,
        onBegun: (uid) => { item.uid = uid; sessionStorage.setItem(markOf(item.file), uid) },
        onWait: (waiting) => { item.waiting = waiting },
      })
      sessionStorage.removeItem(markOf(item.file))
    } catch (error) {
      item.step = stop.signal.aborted ? 'paused' : 'broken'
      item.problem = stop.signal.aborted ? null : error
      return
    } finally {
      item.waiting = false
    }
    await look(item)
  }

  async function look(item: Item): Promise<void> {
    item.step = 'looking'
    item.problem = null
    item.chosen = {}
    try {
      const preview = await post<Preview>('/previews', { upload: item.uid, dataset: item.wanted || null, org: item.org || null, options: item.sheet ? { sheet: item.sheet } : null }, { signal: gone.signal })
      item.dataset = preview.dataset ? await fetchDataset(preview.dataset.id) : null
      item.preview = preview
      if (item.sheet === '') item.sheet = preview.options.sheet ?? ''
      item.step = 'seen'
    } catch (error) {
      item.preview = null
      item.problem = error
      item.step = 'unread'
    }
  }

  async function store(item: Item): Promise<void> {
    item.step = 'storing'
    item.problem = null
    try {
      const { intake, again } = await post<Arrived>('/intakes', wishOf(item), { key: item.key, signal: gone.signal })
      Object.assign(item, { intake, again: again ?? false, step: 'stored' })
    } catch (error) {
      item.problem = error
      item.step = 'seen'
    }
  }

  const pause = (item: Item): void => {
    if (item.step === 'queued') item.step = 'paused'
    else stops.get(item.id)?.abort()
  }
  function resume(item: Item): void {
    item.step = 'queued'
    void work()
  }
  function drop(item: Item): void {
    stops.get(item.id)?.abort()
    items.splice(items.indexOf(item), 1)
  }
  onBeforeUnmount(() => gone.abort())
  return { items, ready: computed(() => items.filter(isReady)), add, pause, resume, drop, look, store }
}
