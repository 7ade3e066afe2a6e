// A value that components follow.
import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private readonly followers = new Set<(value: T) => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(value: T): void {
    if (Object.is(value, this.current)) return;
    this.current = value;
    for (const follower of this.followers) follower(value);
  }

  follow(follower: (value: T) => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, set_value] = useState(store.value);
  useEffect(() => {
    set_value(store.value);
    return store.follow(set_value);
  }, [store]);
  return value;
}
