/* A request as a page sees it: whether it is under way, and what came back wrong. */
import { ref, shallowRef, type Ref } from 'vue'

export interface Sending {
  busy: Ref<boolean>
  problem: Ref<unknown>
  /** Runs it; a refusal becomes `problem`. Says whether it went well. */
  attempt: (run: () => Promise<unknown>) => Promise<boolean>
  /** The same for what is asked again and again: a later call aborts the one before, whose answer then counts for nothing. */
  latest: (run: (signal: AbortSignal) => Promise<unknown>) => Promise<boolean>
}

/** `waiting`: busy from the beginning, for what is fetched as the page opens. */
export function useSending(waiting = false): Sending {
  const busy = ref(waiting)
  const problem = shallowRef<unknown>(null)
  let running = 0
  let last: AbortController | null = null

  async function follow(run: () => Promise<unknown>, given: () => boolean): Promise<boolean> {
    running++
    busy.value = true
    problem.value = null
    try {
      await run()
      return given()
    } catch (error) {
      if (given()) problem.value = error
      return false
    } finally {
      running--
      if (running === 0) busy.value = false
    }
  }

  const attempt = (run: () => Promise<unknown>): Promise<boolean> => follow(run, () => true)

  function latest(run: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    last?.abort()
    const mine = new AbortController()
    last = mine
    return follow(() => run(mine.signal), () => !mine.signal.aborted)
  }

  return { busy, problem, attempt, latest }
}
