declare const brand: unique symbol;

/**
 * A ticket: a value that only the room owning the brand may mint (by a cast in that room alone).
 * A stage that takes the ticket cannot be called before the stage that mints it.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
