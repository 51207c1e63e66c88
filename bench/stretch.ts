/**
 * Does one measured part of a workload and is told how many messages, asks or hops it makes: a
 * profile looks at the system before and after.
 */
export type Stretch = <T>(name: string, units: number, act: () => Promise<T>) => Promise<T>;

/** Nobody looks. */
export const unwatched: Stretch = (_name, _units, act) => act();
