/** One at a time for what reads, changes and writes: within a page, and between pane, command and handler of one item. */

const tails = new Map<string, Promise<unknown>>();

/** Runs `work` when nobody else holds `name`. Pages of one origin share the lock where the browser has locks. */
export function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  return typeof navigator !== "undefined" && navigator.locks ? sharedByPages(name, work) : sharedByPage(name, work);
}

/** The lock of a page that is closed falls free by itself. */
async function sharedByPages<T>(name: string, work: () => Promise<T>): Promise<T> {
  let begun = false;
  try {
    return (await navigator.locks.request(`clickmeeting-${name}`, () => {
      begun = true;
      return work();
    })) as T;
  } catch (failure) {
    // some frames may not lock; what was begun has failed by itself
    if (begun) throw failure;
    return sharedByPage(name, work);
  }
}

function sharedByPage<T>(name: string, work: () => Promise<T>): Promise<T> {
  const turn = (tails.get(name) ?? Promise.resolve()).then(work, work);
  const tail = turn.then(
    () => undefined,
    () => undefined,
  );
  tails.set(name, tail);
  void tail.then(() => tails.get(name) === tail && tails.delete(name));
  return turn;
}
