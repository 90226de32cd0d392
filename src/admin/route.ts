// One thing that the API can do: who may, what it takes, what it gives. The document of the API is made from these.

import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { AdminRole } from '../config/options/admin.ts';
import type { Actor } from './access.ts';
import type { Problem } from './problems.ts';

export interface Asked<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly actor: Actor;
}

/** What is told is not changed on the way. */
type Told<T> = T extends readonly (infer E)[]
  ? readonly Told<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Told<T[K]> }
    : T;

interface RouteOf<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below /api/v1, with `{name}` for parameters. */
  readonly path: string;
  readonly role: AdminRole;
  /** One line for the document. */
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Nothing goes out that it does not name. */
  readonly answer: A;
  /** Left out: 200. */
  readonly status?: 200 | 201;
  handle(
    asked: Asked<z.output<P>, z.output<Q>, z.output<B>>,
  ): Told<z.input<A>> | Problem | Promise<Told<z.input<A>> | Problem>;
}

export type Route = Omit<RouteOf<z.ZodType, z.ZodType, z.ZodType, z.ZodType>, 'handle'> & {
  handle(asked: Asked): unknown;
};

export interface OpenStream {
  readonly response: ServerResponse;
  /** undefined: at the first time. */
  readonly lastEventId: number | undefined;
  /** Whether its reader may still have it. */
  readonly isAllowed: () => Promise<boolean>;
}

interface StreamOf<Q extends z.ZodType> {
  readonly path: string;
  readonly role: AdminRole;
  readonly summary: string;
  readonly query: Q;
  /** Answers by itself with server-sent events, unless there is a problem. */
  open(asked: Asked<unknown, z.output<Q>>, stream: OpenStream): Problem | undefined;
}

export type StreamRoute = Omit<StreamOf<z.ZodType>, 'open'> & {
  readonly method: 'GET';
  open(asked: Asked, stream: OpenStream): Problem | undefined;
};

export type AnyRoute = Route | StreamRoute;

/** Ties the types of the handler to the schemas, which are checked before it is called. */
export function defineRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  route: RouteOf<P, Q, B, A>,
): Route {
  return route as Route;
}

/** The same for one that answers with events. */
export function defineStream<Q extends z.ZodType>(route: StreamOf<Q>): StreamRoute {
  return { ...route, method: 'GET' } as StreamRoute;
}
